import { isAbsolute, normalize } from 'node:path/posix';
import { invalidArgument } from '../../base/errors.ts';
import type { MountRequest } from './container.ts';

const MODES = new Set([
  'rw',
  'ro',
  'z',
  'Z',
  'nocopy',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'private',
  'rprivate',
  'cached',
  'delegated',
  'consistent',
]);

/**
 * A `-v` string: `[source:]target[:mode,…]`. A source that starts with `/` is a path of the host,
 * any other the name of a volume; without a source the volume is anonymous.
 * @throws invalid-argument in Docker's words
 */
export function parseBind(text: string): MountRequest {
  const parts = text.split(':');
  const [first = '', second, third] = parts;
  if (parts.length > 3 || first === '') throw invalidBind(text);
  const modeOnly = parts.length === 2 && second !== undefined && !isAbsolute(second);
  const source = parts.length === 1 || modeOnly ? '' : first;
  const target = source === '' ? first : (second ?? '');
  const modes = (modeOnly ? second : third)?.split(',').filter(Boolean) ?? [];
  if (!isAbsolute(target))
    throw invalidArgument(`invalid volume specification: '${text}': mount path must be absolute`);
  if (normalize(target) === '/')
    throw invalidArgument(`invalid volume specification: '${text}': destination can't be '/'`);
  for (const mode of modes)
    if (!MODES.has(mode)) throw invalidArgument(`invalid mode: ${mode} in volume specification '${text}'`);
  return {
    type: isAbsolute(source) ? 'bind' : 'volume',
    source: isAbsolute(source) ? normalize(source) : source,
    target: cleanTarget(target),
    readOnly: modes.includes('ro'),
    propagation: modes.find((mode) => /shared|slave|private/.test(mode)) ?? '',
    noCopy: modes.includes('nocopy'),
    createSource: true,
    options: '',
    subpath: '',
    nonRecursive: false,
    readOnlyDepth: '' as const,
    volumeLabels: {},
    volumeDriver: '',
    volumeOptions: {},
  };
}

/** Without `..`, doubled and trailing slashes. */
export function cleanTarget(path: string): string {
  const clean = normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

function invalidBind(text: string): Error {
  return invalidArgument(`invalid volume specification: '${text}'`);
}
