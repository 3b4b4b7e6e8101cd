import { readFile } from 'node:fs/promises';
import { globSync, existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse as parseSshConfig } from 'ssh-config';
import type { SshMachine } from './machine.ts';

/** ssh itself stops after 16 files that include each other. */
const MAX_DEPTH = 16;

/**
 * The hosts that an ssh configuration names one by one, in its order. Patterns, negations and `Match`
 * name no host of their own. A file that is missing or cannot be read has no hosts.
 */
export async function sshConfigHosts(file: string, home: string): Promise<SshMachine[]> {
  const names = new Set<string>();
  await collect(file, home, names, 0);
  return [...names].map((host) => ({
    kind: 'ssh',
    id: `ssh:${host}`,
    label: host,
    host,
    origin: 'ssh-config',
    configFile: file === join(home, '.ssh', 'config') ? undefined : file,
  }));
}

async function collect(file: string, home: string, names: Set<string>, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for (const [key, values] of await directives(file)) {
    if (key === 'host') {
      for (const name of values) if (/^[^*?!\s-][^*?!\s]*$/.test(name)) names.add(name);
    } else if (key === 'include') {
      for (const pattern of values) {
        for (const found of expand(pattern, file, home)) await collect(found, home, names, depth + 1);
      }
    }
  }
}

type Directive = [key: string, values: string[]];

async function directives(file: string): Promise<Directive[]> {
  let lines: ReturnType<typeof parseSshConfig>;
  try {
    lines = parseSshConfig(await readFile(file, 'utf8'));
  } catch {
    return [];
  }
  return flatten(lines);
}

function flatten(lines: Iterable<unknown>): Directive[] {
  const found: Directive[] = [];
  for (const line of lines) {
    if (typeof line !== 'object' || line === null || !('param' in line) || typeof line.param !== 'string')
      continue;
    found.push([line.param.toLowerCase(), 'value' in line ? valuesOf(line.value) : []]);
    if ('config' in line) found.push(...flatten(line.config as Iterable<unknown>));
  }
  return found;
}

function valuesOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean);
  if (!Array.isArray(value)) return [];
  return value.map((part: unknown) =>
    typeof part === 'object' && part !== null && 'val' in part ? String(part.val) : String(part),
  );
}

/** An `Include` without a leading slash lies in `~/.ssh`; it may hold `~` and wildcards. */
function expand(pattern: string, file: string, home: string): string[] {
  const path = pattern.startsWith('~/') ? join(home, pattern.slice(2)) : pattern;
  const full = isAbsolute(path) ? path : resolve(dirname(file), path);
  if (!/[*?[]/.test(full)) return existsSync(full) ? [full] : [];
  // Node 20, which older editors run on, has no glob: a wildcard include is then left to `ssh -G`.
  return typeof globSync === 'function' ? globSync(full).sort() : [];
}
