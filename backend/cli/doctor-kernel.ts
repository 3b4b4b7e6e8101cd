import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { detach, mount } from '../linux/mount.ts';
import { makeUserNamespace } from '../linux/user-namespace.ts';
import { tryMapped } from '../snapshot/mount-mapped.ts';
import { lacks, note, ok, type Finding } from './finding.ts';

const CGROUP2_MAGIC = 0x63_67_72_70;

/** What the kernel can do, found by trying it: modules load on demand, so lists of file systems say little. */
export async function checkKernel(): Promise<Finding[]> {
  const findings = [overlay(), await userNamespaces(), cgroups(), forwarding(), libc()];
  return findings.filter((finding) => finding !== undefined);
}

function overlay(): Finding {
  // Not in /tmp: that is a tmpfs on many machines, which says nothing about the disk.
  const directory = mkdtempSync('/var/tmp/strata-doctor-');
  const merged = join(directory, 'merged');
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(directory, name));
    const data = `lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/work`;
    mount({ source: 'overlay', target: merged, type: 'overlay', data });
    detach(merged);
    return ok('The kernel mounts overlay file systems.');
  } catch (error) {
    return lacks(`An overlay file system cannot be mounted: ${messageOf(error)}.`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** On the disk of /var/tmp, which need not be that of the data root. */
async function userNamespaces(): Promise<Finding> {
  const directory = mkdtempSync('/var/tmp/strata-doctor-');
  const at = (name: string): string => join(directory, name);
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name));
    using userNamespace = await makeUserNamespace({ hostId: 100_000, size: 65_536 });
    const overlay = { lowers: [at('lower')], upper: at('upper'), work: at('work'), target: at('merged') };
    tryMapped({ ...overlay, userNamespace, place: at('place') }, 'page');
    return ok('Containers can have user namespaces of their own: layers are shown with mapped owners.');
  } catch (error) {
    return note(`Containers cannot have user namespaces of their own: ${messageOf(error)}.`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function cgroups(): Finding {
  if (filesystemType('/sys/fs/cgroup') === CGROUP2_MAGIC) {
    const controllers = read('/sys/fs/cgroup/cgroup.controllers').split(' ').filter(Boolean);
    const missing = ['cpu', 'memory', 'pids'].filter((name) => !controllers.includes(name));
    return missing.length === 0
      ? ok(`Control groups are version 2, with ${controllers.join(', ')}.`)
      : note(`Control groups are version 2, but without ${missing.join(', ')}: those limits cannot be set.`);
  }
  if (filesystemType('/sys/fs/cgroup/unified') !== CGROUP2_MAGIC) return ok('Control groups are version 1.');
  const inV2 = read('/sys/fs/cgroup/unified/cgroup.controllers').trim();
  return inV2 === ''
    ? ok('Control groups are version 1, with an empty version 2 hierarchy beside it.')
    : lacks(
        `Control groups are mixed: ${inV2} belong to version 2, the others to version 1, which crun refuses. ` +
          `Mount them as version 1, or boot with systemd.unified_cgroup_hierarchy=1.`,
      );
}

function forwarding(): Finding {
  return read('/proc/sys/net/ipv4/ip_forward').trim() === '1'
    ? ok('IPv4 packets are forwarded.')
    : note('IPv4 packets are not forwarded yet: the daemon switches it on with its first network.');
}

function libc(): Finding | undefined {
  const header = (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header;
  const version = header?.glibcVersionRuntime;
  return version === undefined
    ? undefined
    : ok(`The C library is glibc ${version}; 2.28 is the oldest that works.`);
}

function filesystemType(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
