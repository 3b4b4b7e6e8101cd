import { invalidArgument } from '../../base/errors.ts';
import { byteString, nameBytes } from '../../layer/byte-names.ts';

/**
 * A path in a volume as clients write it (bytes that are no UTF-8 as `\xNN`), as a byte string with a slash first.
 * @throws invalid-argument
 */
export function volumePath(shown: string): string {
  const names = byteString(nameBytes(shown))
    .split('/')
    .filter((name) => name !== '');
  const bad = names.some((name) => name === '.' || name === '..' || name.includes('\0'));
  if (bad) throw invalidArgument(`invalid path ${JSON.stringify(shown)}: expected one without . and ..`);
  return `/${names.join('/')}`;
}
