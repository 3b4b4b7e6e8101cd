import type { ByteRange } from './messages.ts';

/** Where a range begins and ends (exclusive) in so many bytes; null where none of them is in it. */
export function boundsOf(range: ByteRange | null, size: number): { start: number; end: number } | null {
  if (range === null) return { start: 0, end: size };
  const { first, last } = range;
  const start = first ?? Math.max(0, size - (last ?? 0));
  const end = first === null || last === null ? size : Math.min(last + 1, size);
  return start < end ? { start, end } : null;
}
