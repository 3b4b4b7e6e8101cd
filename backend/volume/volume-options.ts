import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { conflict, internal, invalidArgument, messageOf } from '../base/errors.ts';
import type { MountCommand } from './volume-mounts.ts';

type Options = Readonly<Record<string, string>>;

const KNOWN = ['type', 'o', 'device', 'size'];
/** Each one says what else has to be there, as with Docker's own driver. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  device: ['type'],
  type: ['device'],
  o: ['device', 'type'],
};

/** @throws invalid-argument naming the option */
export function checkOptions(name: string, options: Options): void {
  const refuse = (what: string): never => {
    throw invalidArgument(`create ${name}: ${what}`);
  };
  for (const option of Object.keys(options))
    if (!KNOWN.includes(option)) refuse(`invalid option: "${option}"`);
  if ((options['size'] ?? '') !== '') refuse('quota size requested but no quota support');
  for (const [option, needed] of Object.entries(NEEDED)) {
    const missing = option in options ? needed.find((other) => !(other in options)) : undefined;
    if (missing !== undefined) refuse(`missing required option: "${missing}"`);
  }
}

/** @throws conflict when a known volume is asked for with other options than it has */
export function checkSameOptions(name: string, known: Options, asked: Options): void {
  const same =
    Object.keys(asked).length === Object.keys(known).length &&
    Object.entries(asked).every(([option, value]) => known[option] === value);
  if (same || Object.keys(asked).length === 0) return;
  throw conflict(
    `create ${name}: conflict: volume name must be unique: it exists with other options (${describe(known)})`,
  );
}

function describe(options: Options): string {
  const parts = Object.entries(options).map(([option, value]) => `${option}=${hidePassword(value)}`);
  return parts.length > 0 ? parts.join(' ') : 'none';
}

export function needsMount(options: Options): boolean {
  return (options['type'] ?? '') !== '' || (options['device'] ?? '') !== '';
}

/** The kernel knows no names: an NFS or CIFS server's is looked up at each mount. */
export async function mountCommand(options: Options): Promise<MountCommand> {
  const { type = '', device = '', o = '' } = options;
  const [, host] = /(?:^|,)addr=([^,]+)/.exec(o) ?? [];
  const remote = type === 'nfs' || type === 'nfs4' || type === 'cifs';
  if (!remote || host === undefined || isIP(host) !== 0) return { type, device, options: o };
  try {
    const { address } = await lookup(host);
    return { type, device, options: o.replace(`addr=${host}`, `addr=${address}`) };
  } catch (error) {
    throw internal(`error resolving passed in network volume address: ${messageOf(error)}`, error);
  }
}

export function hidePassword(text: string): string {
  return text.replaceAll(/(pass(?:word)?)=[^,\s]*/g, '$1=********');
}
