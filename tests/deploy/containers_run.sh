#!/usr/bin/env bash
# What clean_containers.sh has built, run as deploy/README.md says; to be started by it alone.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
ip link set lo up
compose() { (cd "$WORK/source/deploy" && "$WORK/venv/bin/podman-compose" "$@" 2> >(grep -v 'systemd connection' >&2)); }
container() { podman ps --all --quiet --filter "label=com.docker.compose.service=$2" --filter "label=com.docker.compose.project=$1"; }
over() {
  for file in compose.tryout.yaml compose.sqlite.yaml compose.yaml; do
    compose --file $file down --volumes || true
  done
} >/dev/null 2>&1
trap over EXIT

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
compose --file compose.sqlite.yaml down --volumes >/dev/null 2>&1 || true  # the sandbox holds its network

step "compose.yaml, with a stand-in for the image of PostgreSQL"
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
