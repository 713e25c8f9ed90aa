#!/usr/bin/env bash
# From a Debian made from nothing to a robot that answers, twice: as the README says (make demo), and as
# deploy/README.md says for systemd, typed from there and run by a systemd of its own. Needs root on a Debian.
set -euo pipefail
# shellcheck source=debian.sh
. "$(dirname "$0")/debian.sh"
need debootstrap systemd-nspawn git
trap 'rm -rf "$WORK"' EXIT
CLEAN=$WORK/clean

step "a Debian"
debian "$CLEAN"
if [ -n "${PIP_CERT:-}" ]; then
  cp "$PIP_CERT" "$CLEAN/etc/trusted.pem"
  printf '[global]\ncert = /etc/trusted.pem\n' >"$CLEAN/etc/pip.conf"
fi
mkdir -p "$CLEAN/root/dingsweep"
git -C "$SOURCE" ls-files --cached --others --exclude-standard -z | (cd "$SOURCE" && tar c --null -T -) | tar x -C "$CLEAN/root/dingsweep"
cp -a "$CLEAN" "$WORK/booted"

step "the README: make demo"
within "$CLEAN" 'apt-get install --yes -qq --no-install-recommends python3-venv make' >"$WORK/apt.log" 2>&1
within "$CLEAN" 'cd /root/dingsweep && DEMO_ONCE=1 make demo' >"$WORK/demo.log" 2>&1 || { tail -40 "$WORK/demo.log"; exit 1; }
tail -3 "$WORK/demo.log"

step "deploy/README.md: systemd"
CLEAN=$WORK/booted
within "$CLEAN" 'apt-get install --yes -qq --no-install-recommends systemd systemd-sysv dbus curl' >"$WORK/apt.log" 2>&1
# The lines of the page, in their order; before the last two, what it says is to be filled in.
# shellcheck disable=SC2016
sed -n '/^## systemd$/,/^## /p' "$SOURCE/deploy/README.md" | sed -n '/^```sh$/,/^```$/p' | grep -v '^```' >"$WORK/lines"
grep -v '^systemctl' "$WORK/lines" >"$CLEAN/root/install.sh"
within "$CLEAN" 'cd /root/dingsweep && sh -eux /root/install.sh' >"$WORK/install.log" 2>&1 || { tail "$WORK/install.log"; exit 1; }
cat >"$CLEAN/var/lib/dingsweep/.env" <<X
DINGSWEEP_CLIENT_ID=dingsandbox
DINGSWEEP_CLIENT_SECRET=sandbox-secret
DINGSWEEP_API_BASE_URL=http://127.0.0.1:8765
DINGSWEEP_OAPI_BASE_URL=http://127.0.0.1:8765
DINGSWEEP_HEALTH=127.0.0.1:8080
X
cat >"$CLEAN/etc/systemd/system/sandbox.service" <<X
[Service]
ExecStart=/opt/dingsweep/bin/dingsweep sandbox
DynamicUser=yes
X
cat >"$CLEAN/etc/systemd/system/rehearsal.service" <<X
[Service]
ExecStart=/bin/bash /root/rehearsal.sh
ExecStopPost=/bin/systemctl poweroff
[Install]
WantedBy=multi-user.target
X
cat >"$CLEAN/root/rehearsal.sh" <<'X'
exec >/root/said 2>&1
set -eu
. /root/dingsweep/tests/deploy/debian.sh
systemctl start sandbox
systemctl daemon-reload
systemctl enable --now dingsweep
connected
asked "delete report.pdf" "report.pdf"
curl -sSf http://127.0.0.1:8080/readyz; echo
pid=$(systemctl show --property MainPID --value dingsweep)
grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"
systemd-analyze verify /etc/systemd/system/dingsweep.service
systemctl reload dingsweep
asked "status" "waiting"
[ "$(systemctl show --property MainPID --value dingsweep)" = "$pid" ] || fail "the reload ended it"
systemctl stop dingsweep
systemctl show --property Result,ExecMainStatus dingsweep
journalctl -u dingsweep -o cat --no-pager | tail -5
echo "All of it worked."
X
within "$CLEAN" 'systemctl enable rehearsal' 2>/dev/null
# A network of its own, and, in mounts of its own, the one kind of cgroups that systemd takes over.
# shellcheck disable=SC2016
timeout 300 unshare --mount --propagation private bash -c 'umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup
  exec systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$1" --boot' nspawn "$CLEAN" >"$WORK/boot.log" 2>&1 || true
cat "$CLEAN/root/said"
grep -qx 'All of it worked.' "$CLEAN/root/said" || fail "see above"
