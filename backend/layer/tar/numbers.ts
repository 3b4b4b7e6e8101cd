/**
 * A numeric field of a header block: octal digits with padding, or GNU's base-256 (first bit set,
 * big-endian two's complement). Undefined for anything else, and beyond what a double holds exactly.
 */
export function parseNumber(block: Buffer, offset: number, length: number): number | undefined {
  return (block[offset] ?? 0) & 0x80 ? base256(block, offset, length) : octal(block, offset, length);
}

const ZERO = 0x30;
const SPACE = 0x20;

function octal(block: Buffer, offset: number, length: number): number | undefined {
  const end = offset + length;
  let at = offset;
  while (at < end && (block[at] === SPACE || block[at] === 0)) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0;
    if (byte === 0 || byte === SPACE) break;
    if (byte < ZERO || byte > ZERO + 7) return undefined;
    value = value * 8 + byte - ZERO;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

function base256(block: Buffer, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  // The marker bit is no part of the number; the bit after it is its sign.
  let value = BigInt(first & 0x40 ? (first & 0x7f) - 0x80 : first & 0x7f);
  for (let at = offset + 1; at < offset + length; at += 1) value = value * 256n + BigInt(block[at] ?? 0);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A decimal number without sign, as PAX writes sizes and ids. */
export function parseDecimal(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
