const bytesPerLine = 16;

/** The bytes as `hexdump -C` writes them. A diff of two such texts shows where two binaries part. */
export function hexDump(bytes: Uint8Array, totalBytes: number | undefined): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    const part = Array.from(bytes.subarray(at, at + bytesPerLine));
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0'));
    const columns = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(49);
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${columns} |${text}|`);
  }
  if (totalBytes !== undefined && totalBytes > bytes.length) {
    lines.push(`… the first ${bytes.length} of ${totalBytes} bytes`);
  }
  return `${lines.join('\n')}\n`;
}

/** Git's own test: text has no NUL near its start. */
export function looksBinary(start: Uint8Array): boolean {
  return start.subarray(0, 8_000).includes(0);
}
