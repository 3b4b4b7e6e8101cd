import { readCgroupFile } from '../../linux/cgroupfs.ts';

/** A file with one number; null where it says `max`, is missing, or holds v1's word for "no limit". */
export function numberIn(directory: string | null, name: string): number | null {
  const text = directory === null ? null : readCgroupFile(directory, name);
  if (text === null || text === '' || text === 'max') return null;
  const value = Number(text);
  // v1 says "no limit" by the highest number of pages that a signed 64-bit count of bytes can hold.
  return Number.isNaN(value) || value >= 2 ** 62 ? null : value;
}

/** A file of `key value` lines. */
export function numbersIn(directory: string | null, name: string): Record<string, number> {
  const text = directory === null ? null : readCgroupFile(directory, name);
  const numbers: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const space = line.indexOf(' ');
    const value = Number(line.slice(space + 1));
    if (space > 0 && !Number.isNaN(value)) numbers[line.slice(0, space)] = value;
  }
  return numbers;
}
