import { readFileSync, realpathSync } from 'node:fs';
import { invalidArgument } from '../../base/errors.ts';

/**
 * A mount can pass on what is mounted below it only where the host's own mount does: else the kernel takes the wish
 * and nothing ever arrives.
 * @throws invalid-argument in Docker's words
 */
export function checkPropagation(
  source: string,
  propagation: string,
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
): void {
  const kind = propagation.replace(/^r/, '');
  if (kind !== 'shared' && kind !== 'slave') return;
  const { place, options } = mountOf(realpathSync(source), mountinfo);
  const isShared = options.some((option) => option.startsWith('shared:'));
  const isSlave = options.some((option) => option.startsWith('master:'));
  if (isShared || (kind === 'slave' && isSlave)) return;
  throw invalidArgument(
    kind === 'shared'
      ? `path ${source} is mounted on ${place} but it is not a shared mount`
      : `path ${source} is mounted on ${place} but it is not a shared or slave mount`,
  );
}

/** The mount that a path lies on: the longest mount point above it, the last of several at one place. */
function mountOf(path: string, mountinfo: string): { place: string; options: string[] } {
  let found = { place: '', options: [] as string[] };
  for (const line of mountinfo.split('\n')) {
    const fields = (line.split(' - ')[0] ?? '').split(' ');
    const place = unescaped(fields[4] ?? '');
    const covers = path === place || path.startsWith(place === '/' ? '/' : `${place}/`);
    if (place !== '' && covers && place.length >= found.place.length)
      found = { place, options: fields.slice(6) };
  }
  return found;
}

/** The kernel writes space, tab, newline and backslash as octal. */
function unescaped(path: string): string {
  return path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
