import { quote, type Instance } from './instance.ts';
import { agentCommand, type RunningAgent } from './probe.ts';

/** What both ways of starting need: the group, the directories, and no second start at the same time. */
export function prepareScript(instance: Instance): string {
  return `
set -eu
umask 022
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
mkdir -p ${quote(dirname(instance.socket))} ${quote(dirname(instance.pidfile))} ${quote(instance.prefix)}
if command -v flock >/dev/null 2>&1; then exec 9>${quote(`${instance.prefix}/.lock`)}; flock -w 100 9; fi
${instance.group === undefined ? '' : groupScript(instance.group)}`;
}

/** Who may use sudo without a password gains nothing new by the group; it saves a sudo per connection. */
function groupScript(group: string): string {
  return `
if ! grep -q '^${group}:' /etc/group; then groupadd -r ${group} 2>/dev/null || addgroup -S ${group}; fi
if [ -n "\${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
  usermod -aG ${group} "$SUDO_USER" 2>/dev/null || addgroup "$SUDO_USER" ${group} || true
fi`;
}

function serveCommand(instance: Instance, agent: RunningAgent): string {
  const options = [
    '--socket',
    instance.socket,
    '--data-root',
    instance.dataRoot,
    '--run-root',
    instance.runRoot,
  ];
  const group = instance.group === undefined ? [] : ['--group', instance.group];
  const all = ['serve', ...options, '--pidfile', instance.pidfile, ...group, ...instance.serveArguments];
  return `${agentCommand(instance, agent)} ${all.map(quote).join(' ')}`;
}

const openSocket = (instance: Instance): string =>
  instance.group === undefined
    ? ':'
    : `chgrp ${instance.group} ${instance.socket} && chmod 0660 ${instance.socket}`;

/**
 * Under systemd. `KillMode=process` and a cgroup of its own for every container (not below the unit):
 * a stop or a restart must not touch a container.
 */
export function systemdScript(instance: Instance, unit: string, agent: RunningAgent): string {
  const file = quote(`/etc/systemd/system/${unit}`);
  return `${prepareScript(instance)}
cat >${file}.new <<'STRATA_UNIT'
[Unit]
Description=Strata container engine
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${serveCommand(instance, agent)}
ExecStartPost=/bin/sh -c '${openSocket(instance)}'
KillMode=process
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
# Threads that unpack layers come and go; with fewer arenas less of their memory stays behind.
Environment=MALLOC_ARENA_MAX=2
OOMScoreAdjust=-500
Restart=on-failure
RestartSec=1
TimeoutStartSec=30
TimeoutStopSec=10

[Install]
WantedBy=multi-user.target
STRATA_UNIT
mv ${file}.new ${file}
systemctl daemon-reload
systemctl enable --quiet ${quote(unit)}
if ! systemctl restart ${quote(unit)}; then
  journalctl -u ${quote(unit)} -n 20 --no-pager -o cat >&2 || true
  exit 3
fi
${forgetOldParts(instance, agent)}`;
}

/** Without systemd: a session of its own, so that the end of the SSH connection does not end it. */
export function detachedScript(instance: Instance, agent: RunningAgent): string {
  const socket = quote(instance.socket);
  return `${prepareScript(instance)}
pid=$(cat ${quote(instance.pidfile)} 2>/dev/null || true)
if [ -n "$pid" ] && tr '\\000' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ${quote(`${instance.prefix}/.*/stratad.mjs serve`)}; then
  kill -TERM "$pid"
  n=0
  while kill -0 "$pid" 2>/dev/null; do
    n=$((n + 1))
    if [ "$n" -eq 80 ]; then kill -KILL "$pid"; fi
    if [ "$n" -gt 100 ]; then echo 'the old agent does not end' >&2; exit 3; fi
    sleep 0.1
  done
fi
rm -f ${socket} ${quote(instance.pidfile)}
log=${quote(instance.log)}
mkdir -p "$(dirname "$log")"
size=$(wc -c <"$log" 2>/dev/null || echo 0)
(
  trap '' HUP
  # A container that allows fewer files or processes than its image expects fails in strange places.
  ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
  ulimit -u unlimited 2>/dev/null || true
  echo -500 2>/dev/null >/proc/self/oom_score_adj || true
  cd /
  MALLOC_ARENA_MAX=2 exec setsid ${serveCommand(instance, agent)} >>"$log" 2>&1 9>&-
) &
pid=$!
n=0
until [ -S ${socket} ]; do
  n=$((n + 1))
  if ! kill -0 "$pid" 2>/dev/null || [ "$n" -gt 200 ]; then
    tail -c "+$((size + 1))" "$log" | tail -n 20 >&2
    if [ "$n" -gt 200 ]; then kill -TERM "$pid"; echo 'the agent did not open its socket within 20 s' >&2; fi
    exit 3
  fi
  sleep 0.1
done
${openSocket(instance)}
${forgetOldParts(instance, agent)}`;
}

/**
 * Parts of versions that nothing runs and no unit names go after a week: a monitor of a container may
 * refer to the version that started it for as long as the container lives.
 */
function forgetOldParts({ prefix }: Instance, agent: RunningAgent): string {
  return `
for part in ${quote(prefix)}/*/part.json; do
  old=$(dirname "$part")
  case "$old" in */${agent.runtime}|*/${agent.bundle}) continue;; esac
  [ -n "$(find "$old" -maxdepth 0 -mtime +7 2>/dev/null)" ] || continue
  grep -qsF "$old/" /proc/[0-9]*/cmdline /etc/systemd/system/*.service || rm -rf "$old"
done`;
}

function dirname(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
