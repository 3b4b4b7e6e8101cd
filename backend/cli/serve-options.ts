import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { invalidArgument, messageOf } from '../base/errors.ts';
import type { LogLevel } from '../base/logger.ts';

/** Options of `stratad serve`, from the command line over `--config FILE` over the defaults. */
export interface ServeOptions {
  socket: string;
  dataRoot: string;
  runRoot: string;
  pidfile: string | null;
  registryMirrors: string[];
  insecureRegistries: string[];
  defaultUlimits: { name: string; soft: number; hard: number }[];
  /** Whether containers that do not say get an init program. */
  init: boolean;
  logLevel: LogLevel;
  /** Group that may use the socket. */
  group: string;
  /** Whether containers that do not say get a user namespace of their own. */
  userns: 'host' | 'private';
}

const names = {
  socket: { type: 'string' },
  'data-root': { type: 'string' },
  'run-root': { type: 'string' },
  pidfile: { type: 'string' },
  'registry-mirror': { type: 'string', multiple: true },
  'insecure-registry': { type: 'string', multiple: true },
  'default-ulimit': { type: 'string', multiple: true },
  init: { type: 'boolean' },
  'log-level': { type: 'string' },
  group: { type: 'string' },
  userns: { type: 'string' },
  config: { type: 'string' },
} as const;

const list = z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]);
const schema = z.strictObject({
  socket: z.string().startsWith('/', 'must be an absolute path').default('/run/strata/strata.sock'),
  'data-root': z.string().startsWith('/', 'must be an absolute path').default('/var/lib/strata'),
  'run-root': z.string().startsWith('/', 'must be an absolute path').default('/run/strata'),
  pidfile: z.string().startsWith('/', 'must be an absolute path').optional(),
  'registry-mirror': list,
  'insecure-registry': list,
  'default-ulimit': list,
  init: z.boolean().default(false),
  'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  group: z.string().default('strata'),
  userns: z.enum(['host', 'private']).default('host'),
});

/** @throws invalid-argument naming the option */
export function parseServeOptions(args: readonly string[]): ServeOptions {
  const { config, ...given } = parseCommandLine(args);
  const merged = { ...(config === undefined ? {} : readConfig(config)), ...given };
  const parsed = schema.safeParse(merged);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidArgument(`invalid option --${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const options = parsed.data;
  return {
    socket: options.socket,
    dataRoot: options['data-root'],
    runRoot: options['run-root'],
    pidfile: options.pidfile ?? null,
    registryMirrors: options['registry-mirror'],
    insecureRegistries: options['insecure-registry'],
    defaultUlimits: options['default-ulimit'].map(parseUlimit),
    init: options.init,
    logLevel: options['log-level'],
    group: options.group,
    userns: options.userns,
  };
}

function parseCommandLine(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: names, strict: true }).values;
  } catch (error) {
    throw invalidArgument(
      `${messageOf(error)}; known options: ${Object.keys(names)
        .map((name) => `--${name}`)
        .join(' ')}`,
      error,
    );
  }
}

function readConfig(path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw invalidArgument(`cannot read --config ${path}: ${messageOf(error)}`, error);
  }
}

/** `nofile=1024:2048`. */
function parseUlimit(text: string): { name: string; soft: number; hard: number } {
  const [, name = '', soft = '', hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === '')
    throw invalidArgument(
      `invalid option --default-ulimit: ${JSON.stringify(text)}: expected name=soft[:hard]`,
    );
  return { name, soft: Number(soft), hard: Number(hard) };
}
