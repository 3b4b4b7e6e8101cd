import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../../backend/network/identity.ts';
import { run } from './run.ts';
import { waitFor } from './wait-for.ts';

/**
 * Takes away what a daemon left in the kernel: processes that name its directory, mounts below it, cgroups of
 * its containers. The net for tests that fail: a test that passes leaves nothing here to be found.
 */
export async function sweep(root: string, containerIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of containerIds) found.push(...(await endCgroup(id)));
  for (const pid of await processesNaming(root)) {
    found.push(`process ${pid}`);
    kill(pid);
  }
  for (const target of await mountsBelow(root)) {
    found.push(`mount ${target}`);
    await run('umount', ['-l', target]);
  }
  for (const id of containerIds) await removeCgroup(id);
  found.push(...(await removeNetwork(join(root, 'data'))));
  return found;
}

/** Links and rules bear names that come from the data root alone. */
async function removeNetwork(dataRoot: string): Promise<string[]> {
  const { bridgeMac, macPrefix, nftTable, vethPrefix } = identityOf(dataRoot);
  const { stdout } = await run('ip', ['-o', 'link']);
  const links = stdout
    .split('\n')
    .filter((line) => [bridgeMac, ` ${macPrefix}`, `: ${vethPrefix}`].some((mark) => line.includes(mark)));
  const names = links.map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? '').filter(Boolean);
  for (const name of names) await run('ip', ['link', 'del', name]);
  for (const family of ['inet', 'ip']) await run('nft', ['delete', 'table', family, nftTable]);
  // The bridge and the table are a daemon's for as long as its data lives: no container left them behind.
  return names.filter((name) => name.startsWith(vethPrefix)).map((name) => `link ${name}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Pids whose command line or environment's socket path names the directory, ourselves left out. */
async function processesNaming(root: string): Promise<number[]> {
  const pids: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const commandLine = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    // Only its own children name the root as a path of their own; a test runner's command line never does.
    if (commandLine.includes(`${root}/`)) pids.push(Number(entry));
  }
  return pids;
}

/** Mount points below a directory, innermost first. */
export async function mountsBelow(root: string): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const targets = text
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((target) =>
      target.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  return targets.filter((target) => target.startsWith(`${root}/`)).reverse();
}

/** Directories of a container in every cgroup hierarchy. */
async function cgroupsOf(id: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  const found: string[] = [];
  for (const mount of mounts) {
    for (const parent of ['strata', '']) {
      const path = join(mount, parent, id);
      if (await readdir(path).catch(() => null)) found.push(path);
    }
  }
  return found;
}

async function endCgroup(id: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await cgroupsOf(id)) {
    const pids = (await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean);
    for (const pid of pids) {
      found.push(`process ${pid} of container ${id.slice(0, 12)}`);
      kill(Number(pid));
    }
  }
  return found;
}

async function removeCgroup(id: string): Promise<void> {
  for (const path of await cgroupsOf(id)) {
    // A cgroup can be removed only once its last process has been reaped.
    await waitFor(`removal of cgroup ${path}`, () => rmdir(path).then(() => true), { timeout: 3_000 }).catch(
      () => undefined,
    );
  }
}
