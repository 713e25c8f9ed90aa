#!/usr/bin/env bash
# The container images, built and run as deploy/README.md says, with podman in the place of Docker, and a base image
# made of Debian's own packages where no registry can be reached. Needs root on a Debian; takes some minutes.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
need debootstrap buildah podman crun curl python3
if [ "${INSIDE:-}" != 1 ]; then
  # Of its own: one kind of cgroups, as crun wants it, and mounts that are gone at the end.
  rmdir "$WORK"
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

trap 'podman system reset --force >/dev/null 2>&1; rm -rf "$WORK"' EXIT
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

step "a stand-in for the image of PostgreSQL"
mkdir "$WORK/postgresql"
cat >"$WORK/postgresql/begin" <<'X'
#!/bin/sh
# As the real one: made at the first start, by the three variables.
set -e
bin=/usr/lib/postgresql/15/bin data=/var/lib/postgresql/data
if [ ! -s $data/PG_VERSION ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  $bin/initdb --pgdata $data --username "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null
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
STOPSIGNAL SIGINT
CMD ["begin"]
X
image=$(sed -n 's/^ *image: \(postgres:.*\)/\1/p' "$SOURCE/deploy/compose.yaml")
buildah bud --format docker --pull-never --tag "docker.io/library/$image" "$WORK/postgresql" >"$WORK/pg.log" 2>&1 \
  || { tail "$WORK/pg.log"; exit 1; }

# In a network of its own: no port of this machine is taken, and none of its rules is touched.
export WORK BASE
unshare --net "$(dirname "$0")/containers_run.sh"
