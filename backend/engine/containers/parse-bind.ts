import { isAbsolute, normalize } from 'node:path/posix';
import { invalidArgument } from '../../base/errors.ts';
import type { MountRequest } from './container.ts';

/** Of each kind at most one. */
const MODE_KINDS: readonly (readonly string[])[] = [
  ['rw', 'ro', 'ro-non-recursive', 'ro-force-recursive', 'rro'],
  ['z', 'Z'],
  ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'],
  ['nocopy'],
  ['cached', 'delegated', 'consistent'],
];

/** Asks for nothing but a place: an anonymous volume. */
export function plainMount(target: string): MountRequest {
  return {
    type: 'volume',
    source: '',
    target,
    readOnly: false,
    propagation: '',
    noCopy: false,
    createSource: false,
    options: '',
    subpath: '',
    nonRecursive: false,
    readOnlyDepth: '',
    volumeLabels: {},
    volumeDriver: '',
    volumeOptions: {},
  };
}

/**
 * A `-v` string: `[source:]target[:mode,…]`. A source that starts with `/` is a path of the host,
 * any other the name of a volume; without a source the volume is anonymous.
 * @param volumeDriver `--volume-driver`, for volumes that are made
 * @throws invalid-argument in Docker's words
 */
export function parseBind(text: string, volumeDriver = ''): MountRequest {
  const parts = text.split(':');
  const [first = '', second, third = ''] = parts;
  if (parts.length > 3 || first === '') throw invalidBind(text);
  if (parts.length === 2 && isMode(second ?? '')) throw invalidBind(text);
  const source = parts.length === 1 ? '' : first;
  const target = second ?? first;
  if (!isMode(third)) throw invalidArgument(`invalid mode: ${third}`);
  if (!isAbsolute(target))
    throw invalidArgument(
      `invalid volume specification: '${text}': invalid mount config for type ${isAbsolute(source) ? '"bind"' : '"volume"'}: invalid mount path: '${target}' mount path must be absolute`,
    );
  if (cleanTarget(target) === '/')
    throw invalidArgument(
      `invalid volume specification: '${text}': invalid mount config for type ${isAbsolute(source) ? '"bind"' : '"volume"'}: invalid specification: destination can't be '/'`,
    );
  return {
    ...plainMount(cleanTarget(target)),
    ...sourceOf(source, volumeDriver),
    ...accessOf(third, text, isAbsolute(source)),
    createSource: true,
    options: third,
  };
}

function sourceOf(source: string, volumeDriver: string): Partial<MountRequest> {
  if (isAbsolute(source)) return { type: 'bind', source: cleanTarget(source) };
  return { type: 'volume', source, volumeDriver };
}

function accessOf(mode: string, text: string, isBind: boolean): Partial<MountRequest> {
  const modes = mode.split(',');
  const access = modes.find((word) => word === 'rro' || word.startsWith('ro')) ?? '';
  const isDeep = access !== '' && access !== 'ro';
  if (isDeep && !isBind)
    throw invalidArgument(
      `mount mode ${JSON.stringify(mode)} requires a bind mount: invalid volume specification: '${text}'`,
    );
  const propagation = modes.find((word) => /shared|slave|private/.test(word)) ?? '';
  if (propagation !== '' && !isBind)
    throw invalidArgument(
      `invalid volume specification: '${text}': invalid mount config for type "volume": field BindOptions must not be specified`,
    );
  return {
    readOnly: access !== '',
    readOnlyDepth: !isDeep ? '' : access === 'ro-non-recursive' ? 'non-recursive' : 'force-recursive',
    propagation,
    noCopy: modes.includes('nocopy'),
  };
}

/** Whether this is a list of modes, of each kind at most one. The empty one is. */
function isMode(mode: string): boolean {
  if (mode === '') return true;
  const words = mode.split(',');
  return (
    words.every((word) => MODE_KINDS.some((kind) => kind.includes(word))) &&
    MODE_KINDS.every((kind) => words.filter((word) => kind.includes(word)).length <= 1)
  );
}

/** `name[:ro|rw]` of `--volumes-from`. @throws invalid-argument */
export function parseVolumesFrom(text: string): { name: string; readOnly: boolean } {
  const [name = '', ...rest] = text.split(':');
  const mode = rest.join(':');
  if (name === '') throw invalidArgument('volumes-from specification cannot be an empty string');
  const words = mode.split(',').filter(Boolean);
  if (!words.every((word) => ['rw', 'ro', 'z', 'Z'].includes(word)))
    throw invalidArgument(`invalid mode: ${mode}`);
  return { name, readOnly: words.includes('ro') };
}

/** Without `..`, doubled and trailing slashes. */
export function cleanTarget(path: string): string {
  const clean = normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

function invalidBind(text: string): Error {
  return invalidArgument(`invalid volume specification: '${text}'`);
}
