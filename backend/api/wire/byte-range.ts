import type { ByteRange } from '../../layer/archive/messages.ts';

/** One range of a `Range` header; null for everything. What is no single range of bytes means everything (RFC 9110, 14.2). */
export function parseByteRange(header: string | undefined): ByteRange | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const range = { first: numberOf(first), last: numberOf(last) };
  const isBackwards = range.first !== null && range.last !== null && range.last < range.first;
  return isBackwards ? null : range;
}

function numberOf(digits: string): number | null {
  return digits === '' ? null : Number(digits);
}
