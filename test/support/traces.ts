import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../../backend/network/identity.ts';
import { run } from './run.ts';
import type { Daemon } from './start-daemon.ts';
import { mountsBelow } from './sweep.ts';

/** What a daemon and its containers hold of the machine, counted: equal before and after means that nothing was left. */
export interface Traces {
  mounts: number;
  links: number;
  rules: number;
  namespaces: number;
  cgroups: number;
  monitors: number;
  descriptors: number;
  files: number;
}

export async function tracesOf(daemon: Daemon): Promise<Traces> {
  const { vethPrefix, nftTable } = identityOf(daemon.dataRoot);
  const links = await run('ip', ['-o', 'link']);
  const rules = await run('nft', ['list', 'ruleset']);
  const listed = await Promise.all([
    mountsBelow(daemon.root),
    readdir(join(daemon.runRoot, 'netns')),
    containerCgroups(daemon),
    monitors(daemon.runRoot),
    readdir(`/proc/${daemon.pid}/fd`),
    filesBelow(daemon),
  ]);
  const [mounts = 0, namespaces = 0, cgroups = 0, monitorCount = 0, descriptors = 0, files = 0] = listed.map(
    ({ length }) => length,
  );
  return {
    mounts,
    links: links.stdout.split(vethPrefix).length - 1,
    rules: linesOfTable(rules.stdout, nftTable),
    namespaces,
    cgroups,
    monitors: monitorCount,
    descriptors,
    files,
  };
}

/** Megabytes resident. */
export async function residentMemory(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function linesOfTable(ruleset: string, table: string): number {
  const tables = ruleset.split(/^(?=table )/m).filter((text) => text.includes(table));
  return tables.join('').split('\n').length;
}

/** Those of this daemon's containers alone: others may run beside it. */
async function containerCgroups({ dataRoot, runRoot }: Daemon): Promise<string[]> {
  const known = new Set([
    ...(await readdir(join(dataRoot, 'containers'))),
    ...(await readdir(join(runRoot, 'containers'))),
  ]);
  const { stdout } = await run('find', ['/sys/fs/cgroup', '-type', 'd', '-path', '*/strata/*']);
  return stdout.split('\n').filter((path) => known.has(path.split('/').at(-1) ?? ''));
}

async function monitors(runRoot: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const commandLine = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes('conmon') && commandLine.includes(`${runRoot}/`)) found.push(entry);
  }
  return found;
}

/** The database's own files come and go. */
async function filesBelow({ dataRoot, runRoot }: Daemon): Promise<string[]> {
  const paths = ['containers', 'volumes', 'tmp'].map((name) => join(dataRoot, name));
  const { stdout } = await run('find', [...paths, runRoot, '-xdev']);
  return stdout.split('\n').filter(Boolean);
}
