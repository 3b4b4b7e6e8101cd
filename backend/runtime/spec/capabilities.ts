import { invalidArgument } from '../../base/errors.ts';
import { isCapability } from './capability-names.ts';

/** Docker's default set. */
const DEFAULT = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

interface CapabilityInput {
  capAdd: readonly string[];
  capDrop: readonly string[];
  privileged: boolean;
}

/**
 * The capabilities of a process, by Docker's rules: ALL on one side is the ground, the other side the exceptions.
 * @param available the daemon's bounding set.
 * @throws invalid-argument for a name that is none, or that the daemon itself lacks.
 */
export function capabilitiesOf(
  { capAdd, capDrop, privileged }: CapabilityInput,
  available: readonly string[],
): string[] {
  const add = capAdd.map((name) => normalize(name, 'CapAdd'));
  const drop = capDrop.map((name) => normalize(name, 'CapDrop'));
  if (privileged) return [...available];
  if (add.includes('ALL')) return available.filter((name) => !drop.includes(name));
  const missing = add.find((name) => !available.includes(name));
  if (missing !== undefined)
    throw invalidArgument(
      `invalid CapAdd: capability not supported by your kernel or not available in the current environment: "${missing}"`,
    );
  const ground = drop.includes('ALL') ? [] : DEFAULT.filter((name) => !drop.includes(name));
  return [...new Set([...ground, ...add])].filter((name) => available.includes(name));
}

function normalize(given: string, field: string): string {
  const upper = given.trim().toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!isCapability(name))
    throw invalidArgument(`invalid ${field}: unknown capability: ${JSON.stringify(given)}`);
  return name;
}
