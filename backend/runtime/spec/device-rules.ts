import type { LinuxResources } from '../../oci/runtime-spec.ts';
import type { SpecInput } from './spec-input.ts';

type DeviceRule = NonNullable<LinuxResources['devices']>[number];

/** Which devices the container's cgroup lets be opened: later rules win. */
export function deviceRulesOf({ privileged, devices, deviceRules }: SpecInput): DeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }];
  const granted = devices.map(({ node: { type, major, minor }, access }): DeviceRule => {
    return { allow: true, type, major, minor, access };
  });
  return [...DEFAULT, ...granted, ...deviceRules.map(parseRule)];
}

/** `c 10:200 rwm`; a `*` stands for every number. */
function parseRule(text: string): DeviceRule {
  const [type = 'a', numbers = '', access = 'rwm'] = text.split(' ');
  const [major = '*', minor = '*'] = numbers.split(':');
  return {
    allow: true,
    type,
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  };
}

function device(major: number, minor?: number): DeviceRule {
  const rule = { allow: true, type: 'c', major, access: 'rwm' };
  return minor === undefined ? rule : { ...rule, minor };
}

/** Docker's default rules: nodes may be made, but only the harmless ones opened. */
const DEFAULT: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  // null, zero, full, random, urandom; tty, console, ptmx; pseudo-terminals.
  ...[3, 5, 7, 8, 9].map((minor) => device(1, minor)),
  ...[0, 1, 2].map((minor) => device(5, minor)),
  device(136),
];
