# shellcheck shell=bash
# What both scripts beside this one share: a Debian made from nothing, and questions to the sandbox. To be sourced.
# Used there:
# shellcheck disable=SC2034
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
MIRROR=${MIRROR:-http://deb.debian.org/debian}
WORK=${WORK:-$(mktemp -d)}
CAME=""

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
need() {
  [ "$(id -u)" = 0 ] || fail "this needs root"
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is missing: apt-get install debootstrap buildah podman crun \
netavark aardvark-dns systemd-container curl"
  done
}

# A minimal Debian 12 in the folder $1, with the certificates this machine trusts, for pip.
debian() {
  debootstrap --variant=minbase bookworm "$1" "$MIRROR" >"$WORK/debootstrap.log" || fail "see $WORK/debootstrap.log"
  printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s-security bookworm-security main\n' \
    "$MIRROR" "$MIRROR" "$MIRROR" >"$1/etc/apt/sources.list"
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  within "$1" 'apt-get update -qq && apt-get upgrade --yes -qq && apt-get clean' >"$WORK/upgrade.log" 2>&1
}
within() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$1" sh -c "$2"; }

# Say $1 as Wang in the sandbox, and wait until the answer holds $2.
asked() {
  local at
  at=$(curl -sS http://127.0.0.1:8765/sandbox/say \
    -d "{\"as\": \"wang\", \"conversation\": \"cidMarketing==\", \"text\": \"@Dingsweep $1\"}" \
    | sed 's/.*"seq": \([0-9]*\).*/\1/')
  CAME=$(curl -sS "http://127.0.0.1:8765/sandbox/conversations/cidMarketing%3D%3D?as=wang&after=$at&wait=30")
  case $CAME in *"$2"*) echo "answered: $1" ;; *) fail "$1 was answered: $CAME" ;; esac
}
connected() {
  for _ in $(seq 60); do curl -sf -o /dev/null http://127.0.0.1:8765/sandbox/state && break; sleep 1; done
  for _ in 1 2 3; do
    case $(curl -sS "http://127.0.0.1:8765/sandbox/stream?count=1&wait=30") in *dingsandbox*) return ;; esac
  done
  fail "no robot is connected to the sandbox"
}
