#!/usr/bin/env node
import { messageOf } from './base/errors.ts';

const COMMANDS: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<void>>>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  connect: async () => (await import('./cli/connect.ts')).connect,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  version: async () => (await import('./cli/version.ts')).version,
};

const USAGE = `usage: stratad <command> [options]\n\ncommands: ${Object.keys(COMMANDS).join(' ')}\n`;

const [name = '', ...args] = process.argv.slice(2);
const load = COMMANDS[name];
if (load === undefined) {
  process.stderr.write(USAGE);
  process.exit(name === '' || name === '--help' ? 0 : 2);
}
try {
  const run = await load();
  await run(args);
} catch (error) {
  process.stderr.write(`stratad ${name}: ${messageOf(error)}\n`);
  process.exit(1);
}
