import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { RouteSocket } from '../../../backend/linux/rtnetlink.ts';
import { NftSocket } from '../../../backend/linux/nft-table.ts';

// Loaded into every thread of a daemon under test (`--import`): each named step and each change that the kernel is
// asked for is a point where it can die. The file that STRATA_TEST_STEPS names arms it: its first line is the number
// of the point to die at, and a line is added for each one that is passed.
const FILE = process.env['STRATA_TEST_STEPS'] ?? '';

/** What changes the kernel; the rest only looks. */
const CHANGES = [
  'addBridge',
  'addVethPair',
  'addSubLink',
  'setUp',
  'setMaster',
  'setIsolated',
  'rename',
  'deleteLink',
  'addAddress',
  'setDefaultRoute',
  'removeDefaultRoute',
] as const;

for (const name of CHANGES) mortal(RouteSocket.prototype, name);
mortal(NftSocket.prototype, 'apply');

export function pass(name: string): void {
  if (FILE === '' || !existsSync(FILE)) return;
  appendFileSync(FILE, `${name}\n`);
  const [wanted, ...passed] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  if (passed.length === Number(wanted)) process.kill(process.pid, 'SIGKILL');
}

function mortal<T extends object>(prototype: T, name: keyof T & string): void {
  const change = prototype[name] as (this: T, ...args: unknown[]) => unknown;
  // A module that two threads load, or one that is loaded twice, must not count twice.
  if (change.name === 'counted') return;
  const counted = function counted(this: T, ...args: unknown[]): unknown {
    pass(`kernel: ${name}`);
    return change.apply(this, args);
  };
  Object.assign(prototype, { [name]: counted });
}
