import type { PathStat } from '../../layer/archive/messages.ts';

/** Bits of Go's os.FileMode beside the nine permissions. */
const TYPES: Readonly<Record<PathStat['type'], number>> = {
  file: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  block: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  char: 2 ** 26 + 2 ** 21,
  whiteout: 2 ** 26 + 2 ** 21,
};
const SPECIAL: readonly [bit: number, go: number][] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
];

/** The header X-Docker-Container-Path-Stat: JSON in base64. Names that are no UTF-8 are shown as far as they are. */
export function pathStatHeader({ name, size, type, mode, mtime, linkTarget }: PathStat): string {
  const special = SPECIAL.reduce((sum, [bit, go]) => sum + ((mode & bit) === 0 ? 0 : go), 0);
  const wire = {
    name: text(name),
    size,
    mode: TYPES[type] + special + (mode & 0o777),
    mtime: goTime(mtime),
    linkTarget: text(linkTarget),
  };
  return Buffer.from(JSON.stringify(wire)).toString('base64');
}

function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** RFC 3339 with nanoseconds, without zeros at the end. */
function goTime({ seconds, nanoseconds }: PathStat['mtime']): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}
