import { quote, type Instance } from './instance.ts';

/** Programs that the probe looks for. */
export const PROGRAMS = [
  'crun',
  'runc',
  'conmon',
  'nft',
  'ip',
  'tar',
  'gzip',
  'sha256sum',
  'setsid',
  'flock',
] as const;
export type Program = (typeof PROGRAMS)[number];

/** A POSIX script that prints `strata.KEY=VALUE` lines; other lines (a login shell's greeting) are skipped. */
export function probeScript(instance: Instance): string {
  const uploads = instance.uploads === undefined ? '"$HOME/.cache/strata"' : quote(instance.uploads);
  return `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf 'strata.%s=%s\\n' "$1" "$2"; }
say system "$(uname -s)"
say arch "$(uname -m)"
say kernel "$(uname -r)"
say uid "$(id -u)"
say user "$(id -un)"
say glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)"
ls /lib/ld-musl-* >/dev/null 2>&1 && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ] && say musl 1
[ -d /run/systemd/system ] && say init systemd || say init other
if [ "$(id -u)" = 0 ]; then say root self
elif ! command -v sudo >/dev/null 2>&1; then say root no-sudo
elif sudo -n true >/dev/null 2>&1; then say root sudo
else say root sudo-password; fi
for program in ${PROGRAMS.join(' ')}; do command -v "$program" >/dev/null 2>&1 && say program "$program"; done
for manager in apt-get dnf apk pacman zypper; do
  if command -v "$manager" >/dev/null 2>&1; then say manager "$manager"; break; fi
done
grep -qw overlay /proc/filesystems && say overlay 1
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then say cgroups v2
elif [ -d /sys/fs/cgroup/unified ]; then say cgroups hybrid
elif [ -d /sys/fs/cgroup/memory ]; then say cgroups v1
else say cgroups none; fi
uploads=${uploads}
say uploads "$uploads"
for part in ${quote(instance.prefix)}/*/part.json; do
  [ -f "$part" ] || continue
  say installed "$(basename "$(dirname "$part")") $(sed -n 's/.*"version": *"\\([^"]*\\)".*/\\1/p' "$part")"
done
for file in "$uploads"/*.tar.gz; do [ -f "$file" ] && say uploaded "$(basename "$file" .tar.gz)"; done
pid=$(cat ${quote(instance.pidfile)} 2>/dev/null)
if [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ]; then
  say running "$(tr '\\000' ' ' <"/proc/$pid/cmdline")"
fi
[ -S ${quote(instance.socket)} ] && say socket present
[ -w ${quote(instance.socket)} ] && say socket_writable 1
exit 0`;
}
