import { z } from 'zod';
import type { SshMachine } from './machine.ts';

// A name that starts with a dash would be read as an option by ssh.
const hostName = z.string().regex(/^[^\s\-@][^\s@]*$/, 'is not a host name');

const entry = z.union([
  z.string().min(1),
  z.object({
    name: z.string().min(1).optional(),
    host: hostName,
    user: z
      .string()
      .regex(/^[^\s-][^\s]*$/, 'is not a user name')
      .optional(),
    port: z.number().int().min(1).max(65_535).optional(),
    identityFile: z.string().min(1).optional(),
    proxyJump: z
      .string()
      .regex(/^[^\s-][^\s]*$/, 'is not a jump host')
      .optional(),
    configFile: z.string().min(1).optional(),
  }),
]);

export interface ParsedSettings {
  machines: SshMachine[];
  /** One sentence per entry that could not be read; the others are kept. */
  problems: string[];
}

/** Reads the setting `strata.machines`: `user@host:port`, or an object with more to say. */
export function parseMachineSettings(value: unknown): ParsedSettings {
  if (value === undefined || value === null) return { machines: [], problems: [] };
  if (!Array.isArray(value)) return { machines: [], problems: ['strata.machines is not a list'] };
  const machines: SshMachine[] = [];
  const problems: string[] = [];
  value.forEach((item: unknown, at) => {
    const machine = parseEntry(item);
    if (typeof machine === 'string') problems.push(`strata.machines[${at}] ${machine}`);
    else if (machines.some(({ id }) => id === machine.id))
      problems.push(`strata.machines[${at}] names ${machine.label} a second time`);
    else machines.push(machine);
  });
  return { machines, problems };
}

function parseEntry(item: unknown): SshMachine | string {
  const parsed = entry.safeParse(item);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'cannot be read';
  if (typeof parsed.data === 'string') return parseAddress(parsed.data);
  const { name, ...rest } = parsed.data;
  return machine(name ?? rest.host, rest);
}

/** `user@host:port`, `host`, `user@[::1]:port`; an `ssh://` in front is taken off. */
export function parseAddress(text: string): SshMachine | string {
  const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^:@\s]+)(?::(\d{1,5}))?\/?$/.exec(text.trim());
  const host = match?.[2]?.replace(/^\[|\]$/g, '');
  const user = match?.[1];
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (host === undefined || host.startsWith('-') || user?.startsWith('-')) {
    return `is not of the form user@host:port: ${JSON.stringify(text)}`;
  }
  if (port !== undefined && (port < 1 || port > 65_535)) return `has no valid port: ${JSON.stringify(text)}`;
  return machine(text.trim(), { host, user, port });
}

function machine(name: string, rest: Omit<SshMachine, 'kind' | 'id' | 'label' | 'origin'>): SshMachine {
  return { kind: 'ssh', id: `ssh:${name}`, label: name, origin: 'settings', ...rest };
}
