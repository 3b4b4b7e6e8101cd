import { forbidden, invalidArgument } from '../../base/errors.ts';
import type { HostFacts } from './host-facts.ts';
import type { UlimitInput } from './spec-input.ts';

type Rlimit = { type: string; hard: number; soft: number };

/** RLIM_INFINITY is 2^64-1, which JSON numbers of ours cannot hold exactly; this prints as the same 64 bits once rounded. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/**
 * Resource limits of a process. Without CAP_SYS_RESOURCE nobody can raise a hard limit: the daemon's defaults are
 * lowered to what it has itself, what the user asked for is refused.
 * Limits that are not named are inherited from the daemon.
 */
export function rlimitsOf(
  { ulimits, defaultUlimits }: { ulimits: readonly UlimitInput[]; defaultUlimits: readonly UlimitInput[] },
  host: HostFacts,
): Rlimit[] {
  const asked = new Set(ulimits.map(({ name }) => name));
  return [
    ...defaultUlimits
      .filter(({ name }) => !asked.has(name))
      .map((limit) => lowered(checked(limit, host), host)),
    ...ulimits.map((limit) => granted(checked(limit, host), host)),
  ];
}

function checked(limit: UlimitInput, host: HostFacts): UlimitInput {
  const { name } = limit;
  if (!(name in host.hardLimits)) throw invalidArgument(`unknown ulimit: ${name}`);
  const soft = limit.soft < 0 ? LARGEST : limit.soft;
  const hard = limit.hard < 0 ? LARGEST : limit.hard;
  if (soft > hard)
    throw invalidArgument(`ulimit ${name}: the soft limit ${soft} is above the hard limit ${hard}`);
  return { name, soft, hard };
}

const canRaise = ({ capabilities }: HostFacts): boolean => capabilities.includes('CAP_SYS_RESOURCE');

function lowered({ name, soft, hard }: UlimitInput, host: HostFacts): Rlimit {
  const most = canRaise(host) ? Infinity : (host.hardLimits[name] ?? Infinity);
  return rlimit(name, Math.min(soft, most), Math.min(hard, most));
}

function granted({ name, soft, hard }: UlimitInput, host: HostFacts): Rlimit {
  const own = host.hardLimits[name] ?? Infinity;
  if (hard > own && !canRaise(host)) {
    throw forbidden(
      `ulimit ${name}: ${hard} is above stratad's own hard limit ${own}, and without CAP_SYS_RESOURCE it cannot be raised`,
    );
  }
  return rlimit(name, soft, hard);
}

const rlimit = (name: string, soft: number, hard: number): Rlimit => ({
  type: `RLIMIT_${name.toUpperCase()}`,
  hard,
  soft,
});
