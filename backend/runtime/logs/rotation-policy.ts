/** How far a log may grow. */
export interface RotationPolicy {
  /** Bytes of a file after which a new one is begun. */
  maxSize: number;
  /** The written one and the rotated ones. */
  maxFiles: number;
  compress: boolean;
}

const LOCAL_SIZE = 20_000_000;
const LOCAL_FILES = 5;

/** Null for a log that grows for ever, which is json-file's default, and where there is none. */
export function rotationPolicy(
  type: 'json-file' | 'local' | 'none',
  options: Readonly<Record<string, string>>,
): RotationPolicy | null {
  if (type === 'none') return null;
  const maxSize = sizeOf(options['max-size']) ?? (type === 'local' ? LOCAL_SIZE : null);
  if (maxSize === null) return null;
  return {
    maxSize,
    maxFiles: Number(options['max-file'] ?? (type === 'local' ? LOCAL_FILES : 1)),
    compress: ['1', 't', 'true'].includes((options['compress'] ?? String(type === 'local')).toLowerCase()),
  };
}

/** `10m`, `1.5g`, `200kB`: units of 1000, as Docker's log options count. */
function sizeOf(text: string | undefined): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([kmgtp]?)i?b?$/i.exec((text ?? '').trim()) ?? [];
  if (number === undefined || Number(number) <= 0) return null;
  return Math.floor(Number(number) * 1000 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(unit.toLowerCase()));
}
