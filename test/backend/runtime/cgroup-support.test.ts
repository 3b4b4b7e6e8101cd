import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCgroupSupport } from '../../../backend/runtime/spec/cgroup-support.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

async function supportOf(files: Record<string, string>) {
  await using root = await makeTempDir('strata-cgroups-');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root.path, name)), { recursive: true });
    await writeFile(join(root.path, name), text);
  }
  return readCgroupSupport(root.path);
}

describe('limits that the kernel offers', () => {
  it('are told by the files of each hierarchy of version 1', async () => {
    const support = await supportOf({
      'memory/memory.limit_in_bytes': '',
      'memory/memory.swappiness': '',
      'cpu/cpu.shares': '',
      'cpuset/cpuset.cpus': '0-3\n',
      'blkio/blkio.throttle.read_bps_device': '',
    });
    assert.deepEqual(
      [support.memory, support.swap, support.swappiness, support.cpuShares, support.cpuQuota, support.pids],
      [true, false, true, true, false, false],
    );
    assert.deepEqual([support.cpus, support.blkioWeight, support.blkioReadBps], ['0-3', false, true]);
  });

  it('are told by the controllers of version 2 and the files of a group', async () => {
    const support = await supportOf({
      'cgroup.controllers': 'cpuset cpu io memory pids\n',
      'cpuset.cpus.effective': '0-1\n',
      'init.scope/memory.swap.max': 'max',
      'init.scope/io.weight': '',
    });
    assert.deepEqual(
      [support.memory, support.swap, support.pids, support.cpuQuota, support.cpus, support.blkioWeight],
      [true, true, true, true, '0-1', true],
    );
    // Version 2 has none of these.
    assert.deepEqual(
      [support.swappiness, support.oomKillDisable, support.cpuRealtime],
      [false, false, false],
    );
  });

  it('are none without controllers', async () => {
    const support = await supportOf({ 'cgroup.controllers': '\n' });
    assert.ok(!Object.values(support).some(Boolean));
  });
});
