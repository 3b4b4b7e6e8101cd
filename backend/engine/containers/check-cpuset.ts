import { invalidArgument } from '../../base/errors.ts';
import type { CgroupSupport } from '../../runtime/spec/cgroup-support.ts';
import type { HostConfig } from './container.ts';

/** More than any machine has: a range that is a slip of the finger must not fill the memory. */
const MOST = 8192;

/** @throws invalid-argument in Docker's words for what is no list, and for what this machine does not have */
export function checkCpuset(
  { cpusetCpus, cpusetMems }: Pick<HostConfig, 'cpusetCpus' | 'cpusetMems'>,
  { cpus, mems }: CgroupSupport,
): void {
  checkList(cpusetCpus, cpus, { field: 'cpuset cpus', what: 'CPUs' });
  checkList(cpusetMems, mems, { field: 'cpuset mems', what: 'memory nodes' });
}

function checkList(asked: string, available: string, { field, what }: { field: string; what: string }): void {
  if (asked === '') return;
  const wanted = parse(asked);
  if (wanted === null)
    throw invalidArgument(`Invalid value ${asked} for ${field}: expected a list such as 0-2,4`);
  const there = new Set(parse(available) ?? []);
  if (wanted.every((number) => there.has(number))) return;
  throw invalidArgument(`Requested ${what} are not available - requested ${asked}, available: ${available}`);
}

/** `0-2,4`; null for what is no such list. */
function parse(text: string): number[] | null {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (first === '' || Number(first) > Number(last) || Number(last) > MOST) return null;
    for (let number = Number(first); number <= Number(last); number += 1) numbers.push(number);
  }
  return numbers;
}
