import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CgroupPlace } from '../../../../backend/runtime/cgroup-of.ts';
import { readUsage } from '../../../../backend/runtime/stats/read-usage.ts';

/** As a kernel 6.12 with pure v2 wrote them for a busy container with limits. */
const UNIFIED = {
  'cpu.stat': `usage_usec 4213379
user_usec 4011022
system_usec 202357
core_sched.force_idle_usec 0
nr_periods 42
nr_throttled 7
throttled_usec 351022
nr_bursts 0
burst_usec 0
`,
  'memory.current': '23961600\n',
  'memory.max': '67108864\n',
  'memory.events': 'low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n',
  'memory.stat': 'anon 442368\nfile 20975616\nkernel 2007040\nactive_file 4096\ninactive_file 20971520\n',
  'io.stat': `254:0 rbytes=1937408 wbytes=20975616 rios=61 wios=88 dbytes=0 dios=0
7:0 
`,
  'pids.current': '3\n',
  'pids.max': 'max\n',
};

/** As a kernel 6.18 with v1 hierarchies wrote them. */
const LEGACY = {
  'cpuacct/cpuacct.usage': '2056921923\n',
  'cpuacct/cpuacct.usage_percpu': '2037883270 19038653 \n',
  'cpuacct/cpuacct.stat': 'user 204\nsystem 1\n',
  'cpu/cpu.stat': 'nr_periods 5\nnr_throttled 2\nthrottled_time 81000000\nnr_bursts 0\nburst_time 0\n',
  'memory/memory.usage_in_bytes': '11468800\n',
  'memory/memory.max_usage_in_bytes': '12570624\n',
  'memory/memory.limit_in_bytes': '9223372036854771712\n',
  'memory/memory.failcnt': '4\n',
  'memory/memory.stat': 'cache 10498048\nrss 57344\ntotal_inactive_file 10485760\n',
  'blkio/blkio.throttle.io_service_bytes_recursive':
    '254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 0\n254:0 Async 12288\n254:0 Total 12288\nTotal 12288\n',
  'blkio/blkio.throttle.io_serviced': '254:0 Read 1\n254:0 Write 2\nTotal 3\n',
  'pids/pids.current': '1\n',
  'pids/pids.max': '50\n',
};

describe('readUsage', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp('/var/tmp/strata-usage-');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const write = async (files: Record<string, string>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
  };
  const unified = (): CgroupPlace[] => [{ version: 2, controllers: [], directory: root }];
  const legacy = (): CgroupPlace[] =>
    ['cpu', 'cpuacct', 'memory', 'blkio', 'pids'].map((controller) => ({
      version: 1,
      controllers: [controller],
      directory: join(root, controller),
    }));

  it('reads the files of cgroup v2', async () => {
    await write(UNIFIED);
    assert.deepEqual(readUsage(unified()), {
      cpu: {
        total: 4_213_379_000,
        user: 4_011_022_000,
        system: 202_357_000,
        perCpu: null,
        throttling: { periods: 42, throttledPeriods: 7, throttledTime: 351_022_000 },
      },
      memory: {
        usage: 23_961_600,
        highest: null,
        limit: 67_108_864,
        failures: 2,
        stats: {
          anon: 442_368,
          file: 20_975_616,
          kernel: 2_007_040,
          active_file: 4096,
          inactive_file: 20_971_520,
        },
      },
      io: {
        bytes: [
          { major: 254, minor: 0, op: 'read', value: 1_937_408 },
          { major: 254, minor: 0, op: 'write', value: 20_975_616 },
        ],
        operations: [
          { major: 254, minor: 0, op: 'read', value: 61 },
          { major: 254, minor: 0, op: 'write', value: 88 },
        ],
      },
      pids: { current: 3, limit: null },
    });
  });

  it('reads the files of cgroup v1, one directory per controller', async () => {
    await write(LEGACY);
    const usage = readUsage(legacy());
    assert.deepEqual(usage?.cpu, {
      total: 2_056_921_923,
      user: 2_040_000_000,
      system: 10_000_000,
      perCpu: [2_037_883_270, 19_038_653],
      throttling: { periods: 5, throttledPeriods: 2, throttledTime: 81_000_000 },
    });
    assert.deepEqual(usage.memory, {
      usage: 11_468_800,
      highest: 12_570_624,
      limit: null,
      failures: 4,
      stats: { cache: 10_498_048, rss: 57_344, total_inactive_file: 10_485_760 },
    });
    assert.equal(usage.io.bytes?.length, 5);
    assert.deepEqual(usage.io.operations, [
      { major: 254, minor: 0, op: 'Read', value: 1 },
      { major: 254, minor: 0, op: 'Write', value: 2 },
    ]);
    assert.deepEqual(usage.pids, { current: 1, limit: 50 });
  });

  it('makes do with the controllers that there are', async () => {
    await write({ 'cpu.stat': 'usage_usec 5\n' });
    const usage = readUsage(unified());
    assert.equal(usage?.cpu.total, 5000);
    assert.deepEqual([usage.memory.usage, usage.io.bytes, usage.pids.current], [0, null, 0]);
  });

  it('knows nothing of a cgroup that is gone', () => {
    assert.equal(readUsage([{ version: 2, controllers: [], directory: join(root, 'gone') }]), null);
  });
});
