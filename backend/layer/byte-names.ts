/**
 * Names in an image are bytes. While a layer is read they are *byte strings*: one character (0–255) per
 * byte, which loses nothing and works as a Map key. Outside they are shown as UTF-8, with `\xNN` for
 * bytes that are none. A backslash that would read as such an escape is itself written as `\x5c`, so
 * that every shown name has one meaning and leads back to the same bytes.
 */
export function showName(byteString: string): string {
  if (PLAIN.test(byteString)) return byteString;
  const escaped = byteString.replaceAll(ESCAPE, '\\x5c$1');
  const bytes = Buffer.from(escaped, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? showByCharacter(bytes) : text;
}

/** The bytes of a shown name. */
export function nameBytes(shown: string): Buffer {
  const pieces = shown.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(
    pieces.map((piece, at) => (at % 2 === 1 ? Buffer.from(piece, 'hex') : Buffer.from(piece, 'utf8'))),
  );
}

export function byteString(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/**
 * Order of shown names by their UTF-8 bytes. JavaScript's own order is by UTF-16 units and differs for
 * characters beyond U+FFFF.
 */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// Neither a backslash nor a byte beyond ASCII: nearly every name.
// oxlint-disable-next-line no-control-regex
const PLAIN = /^[\0-[\]-\x7f]*$/;
const ESCAPE = /\\(x[0-9a-f]{2})/g;
const SURROGATE = /[\ud800-\udfff]/;

function showByCharacter(bytes: Buffer): string {
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    shown +=
      length === 0
        ? `\\x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`
        : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return shown;
}

/** Bytes of the valid UTF-8 character at this place; 0 where there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const piece = bytes.subarray(at, at + length);
  return piece.length === length && Buffer.from(piece.toString('utf8')).equals(piece) ? length : 0;
}
