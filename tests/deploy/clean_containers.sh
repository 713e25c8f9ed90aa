#!/usr/bin/env bash
# The container images, built and run as deploy/README.md says, with podman in the place of Docker, and a base image
# made of Debian's own packages where no registry can be reached. Needs root on a Debian; takes some minutes.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
need debootstrap buildah podman crun curl python3
if [ "${INSIDE:-}" != 1 ]; then
  # Of its own: one kind of cgroups, as crun wants it, and mounts that are gone at the end.
  INSIDE=1 exec unshare --mount --propagation private "$0"
fi
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
cat >"$WORK/containers.conf" <<X
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
log_driver = "k8s-file"
[engine]
events_logger = "file"
[network]
network_backend = "netavark"
X
mkdir "$WORK/storage" "$WORK/run"
cat >"$WORK/storage.conf" <<X
[storage]
driver = "overlay"
graphroot = "$WORK/storage"
runroot = "$WORK/run"
X
export CONTAINERS_CONF=$WORK/containers.conf CONTAINERS_STORAGE_CONF=$WORK/storage.conf BUILDAH_ISOLATION=chroot
BASE=$(sed -n 's/^FROM \(debian:\S*\) AS base$/\1/p' "$SOURCE/deploy/Containerfile")

compose() { (cd "$WORK/source/deploy" && "$WORK/venv/bin/podman-compose" "$@" 2> >(grep -v 'systemd connection' >&2)); }
container() { podman ps --all --quiet --filter "label=com.docker.compose.service=$2" --filter "label=com.docker.compose.project=$1"; }
over() {
  compose --file compose.tryout.yaml down --volumes || true
  compose --file compose.sqlite.yaml down --volumes || true
  compose --file compose.yaml down --volumes || true
  podman system reset --force || true
  rm -rf "$WORK"
} >/dev/null 2>&1
trap over EXIT
python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" install --quiet --disable-pip-version-check podman-compose
mkdir "$WORK/source"
git -C "$SOURCE" ls-files --cached --others --exclude-standard -z | (cd "$SOURCE" && tar c --null -T -) | tar x -C "$WORK/source"

step "a base image, $BASE"
debian "$WORK/debian"
(cd "$WORK/debian" && rm -rf var/lib/apt/lists/* var/cache/apt/* var/log/* usr/share/{doc,man,info,locale}/*)
printf 'path-exclude /usr/share/%s/*\n' doc man info locale >"$WORK/debian/etc/dpkg/dpkg.cfg.d/docker"
tar c -C "$WORK/debian" . | podman import --quiet - "docker.io/library/$BASE" >/dev/null

step "docker build"
trusted=()
if [ -n "${PIP_CERT:-}" ]; then
  printf '[global]\ncert = /etc/trusted.pem\n' >"$WORK/pip.conf"
  trusted=(--volume "$PIP_CERT:/etc/trusted.pem:ro" --volume "$WORK/pip.conf:/etc/pip.conf:ro")
fi
for image in robot sandbox; do
  name=dingsweep; [ $image = robot ] || name=dingsweep-sandbox
  (cd "$WORK/source" && buildah bud --layers --format docker --pull-never "${trusted[@]}" --target $image \
    --file deploy/Containerfile --tag $name:0.1.0 . >"$WORK/$image.log" 2>&1) || { tail "$WORK/$image.log"; exit 1; }
done
podman images --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep dingsweep
! podman run --rm --network none --entrypoint python dingsweep:0.1.0 -c 'import sandbox' 2>/dev/null \
  || fail "the robot's image has the sandbox"

step "compose.tryout.yaml"
compose --file compose.tryout.yaml up --detach --no-build >/dev/null
connected
asked "ls" "report.pdf"
robot=$(container dingsweep-tryout robot)
for one in "$robot" "$(container dingsweep-tryout sandbox)"; do podman healthcheck run "$one" || fail "unhealthy"; done
[ "$(podman inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}' "$robot")" = "true []" ] || fail "open"
podman exec "$robot" sh -c '! touch /anywhere 2>/dev/null' || fail "its root can be written to"
[ "$(podman exec "$robot" id -u)" = 10001 ] || fail "it runs as somebody else"
podman stop --time 15 "$robot" >/dev/null 2>&1
[ "$(podman inspect --format '{{.State.ExitCode}}' "$robot")" = 0 ] || fail "SIGTERM did not reach the robot"
echo "healthy, closed, ended by SIGTERM"

step "compose.sqlite.yaml"
cp "$WORK/source/deploy/env.sample" "$WORK/source/deploy/.env"
sed -i 's/^\(DINGSWEEP_CLIENT_ID=\).*/\1dingsandbox/; s/^\(DINGSWEEP_CLIENT_SECRET=\).*/\1sandbox-secret/' \
  "$WORK/source/deploy/.env"
# In the place of DingTalk's own addresses; the sandbox of before is made known in its network.
printf 'DINGSWEEP_API_BASE_URL=http://sandbox:8765\nDINGSWEEP_OAPI_BASE_URL=http://sandbox:8765\n' \
  >>"$WORK/source/deploy/.env"
podman network create dingsweep_default >/dev/null
podman network connect --alias sandbox dingsweep_default "$(container dingsweep-tryout sandbox)"
compose --file compose.sqlite.yaml up --detach --no-build >/dev/null
connected
asked "delete report.pdf" "report.pdf"
curl -sSf http://127.0.0.1:8080/readyz; echo
compose --file compose.sqlite.yaml exec -T robot dingsweep backup var
compose --file compose.sqlite.yaml stop >/dev/null
compose --file compose.sqlite.yaml start >/dev/null
connected
asked "status" "waiting"
echo "what it knew is there after a restart"
compose --file compose.sqlite.yaml down --volumes >/dev/null 2>&1

step "compose.yaml, with a stand-in for the image of PostgreSQL"
mkdir "$WORK/postgresql"
cat >"$WORK/postgresql/begin" <<'X'
#!/bin/sh
# As the real one: made at the first start, by the three variables.
set -e
bin=/usr/lib/postgresql/15/bin data=/var/lib/postgresql/data
if [ ! -s $data/PG_VERSION ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  $bin/initdb --pgdata $data --username "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>$data/pg_hba.conf
  echo "CREATE DATABASE $POSTGRES_DB" | $bin/postgres --single -D $data postgres >/dev/null
fi
exec $bin/postgres -D $data -c listen_addresses='*'
X
cat >"$WORK/postgresql/Containerfile" <<X
FROM $BASE
RUN apt-get update -qq && apt-get install --yes -qq --no-install-recommends postgresql-15 >/dev/null \\
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
COPY --chmod=755 begin /usr/local/bin/begin
VOLUME /var/lib/postgresql/data
CMD ["begin"]
X
image=$(sed -n 's/^ *image: \(postgres:.*\)/\1/p' "$SOURCE/deploy/compose.yaml")
buildah bud --format docker --pull-never --tag "docker.io/library/$image" "$WORK/postgresql" >"$WORK/pg.log" 2>&1 \
  || { tail "$WORK/pg.log"; exit 1; }
sed -i 's/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=0123456789abcdef/' "$WORK/source/deploy/.env"
podman network create dingsweep_outside >/dev/null
podman network connect --alias sandbox dingsweep_outside "$(container dingsweep-tryout sandbox)"
compose --file compose.yaml up --detach --no-build >/dev/null
connected
asked "delete report.pdf" "report.pdf"
compose --file compose.yaml exec -T robot dingsweep backup var
compose --file compose.yaml stop database >/dev/null
compose --file compose.yaml start database >/dev/null
asked "status" "waiting"
echo "it works on after its database was away"
printf '\nAll of it worked.\n'
