import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIsolation, type Isolation } from '../../../backend/runtime/isolation.ts';
import { RuntimeFixture, specDefaults } from './runtime-fixture.ts';

const MIB = 1024 * 1024;

describe('runtime: limits that the kernel enforces', function () {
  this.timeout(20_000);
  const fixture = new RuntimeFixture();
  before(() => fixture.open());
  after(() => fixture.close());
  const { resources } = specDefaults();

  const of = (isolation: Isolation, key: 'memory' | 'cpu' | 'pids' | 'cpuset'): unknown =>
    isolation.cgroups.find((cgroup) => cgroup[key] !== undefined)?.[key];

  it('sets memory, cpu, pids and cpuset in the container’s own cgroup', async () => {
    const limits = { memory: 64 * MIB, nanoCpus: 500_000_000, pidsLimit: 50, cpusetCpus: '0' };
    const request = fixture.request(['sleep', '100'], { resources: { ...resources, ...limits } });
    const { init } = await fixture.runtime.create(request);
    await fixture.runtime.start(request.id);
    const isolation = describeIsolation(init.pid);
    assert.partialDeepStrictEqual(of(isolation, 'memory'), { limit: 64 * MIB });
    assert.partialDeepStrictEqual(of(isolation, 'cpu'), { quota: 50_000, period: 100_000 });
    assert.partialDeepStrictEqual(of(isolation, 'pids'), { limit: 50 });
    assert.deepEqual(of(isolation, 'cpuset'), { cpus: '0' });
    const { directory } = fixture.runtime.cgroupOf(request.id)[0] ?? { directory: '' };
    assert.match(readFileSync(join(directory, 'cgroup.procs'), 'utf8'), new RegExp(`^${init.pid}$`, 'm'));
  });

  it('reports a kill for want of memory', async () => {
    const args = ['sh', '-c', 'tail /dev/zero'];
    const { exit } = await fixture.run(args, {
      resources: { ...resources, memory: 16 * MIB, memorySwap: 16 * MIB },
    });
    assert.equal(exit.oomKilled, true);
    assert.equal(exit.code, 137);
  });

  it('stops a fork bomb at the limit of processes', async () => {
    const args = ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; echo done'];
    const { stderr } = await fixture.run(args, { resources: { ...resources, pidsLimit: 4 } });
    assert.match(stderr, /fork/);
  });

  it('sets ulimits, shared memory and the oom score', async () => {
    const { stdout } = await fixture.run(
      ['sh', '-c', 'ulimit -n; ulimit -Hn; df -k /dev/shm | tail -n1; cat /proc/self/oom_score_adj'],
      { ulimits: [{ name: 'nofile', soft: 100, hard: 200 }], shmSize: 8 * MIB, oomScoreAdj: 300 },
    );
    assert.match(stdout, /^100\n200\nshm +8192 .*\n300\n$/);
  });
});
