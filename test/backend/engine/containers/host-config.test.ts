import assert from 'node:assert/strict';
import { checkCpuset } from '../../../../backend/engine/containers/check-cpuset.ts';
import { createContainer } from '../../../../backend/engine/containers/create.ts';
import { dropUnsupported } from '../../../../backend/engine/containers/drop-unsupported.ts';
import { checkImagePlatform } from '../../../../backend/engine/containers/image-platform.ts';
import { joinNamespaces, sharedMemoryOf } from '../../../../backend/engine/containers/join-namespaces.ts';
import { mergeHealthcheck } from '../../../../backend/engine/containers/merge-healthcheck.ts';
import { createRequest, makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';
import { fakeImage } from '../../../support/fakes/fake-images.ts';
import { FULL_SUPPORT } from '../../../support/fakes/no-resources.ts';

const { hostConfig } = createRequest();

describe('a limit that the kernel does not offer', () => {
  it('is dropped with Docker’s warning', () => {
    const asked = {
      ...hostConfig,
      memory: 64 << 20,
      memorySwap: 128 << 20,
      blkioWeight: 100,
      blkioDeviceReadBps: [{ path: '/dev/a', rate: 1 }],
    };
    const support = { ...FULL_SUPPORT, swap: false, blkioWeight: false, blkioReadBps: false };
    const { hostConfig: left, warnings } = dropUnsupported(asked, support);
    assert.deepEqual(
      [left.memory, left.memorySwap, left.blkioWeight, left.blkioDeviceReadBps],
      [64 << 20, -1, 0, []],
    );
    assert.deepEqual(warnings, [
      'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
      'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.',
      'Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.',
    ]);
  });

  it('is refused where the container would have no limit of processors at all', () => {
    const support = { ...FULL_SUPPORT, cpuQuota: false, cpuRealtime: false };
    assert.throws(() => dropUnsupported({ ...hostConfig, nanoCpus: 1 }, support), /NanoCPUs can not be set/);
    assert.throws(() => dropUnsupported({ ...hostConfig, cpuRealtimeRuntime: 1 }, support), /real-time/);
  });
});

describe('a set of processors', () => {
  const check = (cpusetCpus: string, cpus = '0-3') =>
    checkCpuset({ cpusetCpus, cpusetMems: '' }, { ...FULL_SUPPORT, cpus });

  it('is a list of those that are there', () => {
    check('');
    check('0-2,3');
    assert.throws(() => check('4'), {
      message: 'Requested CPUs are not available - requested 4, available: 0-3',
    });
  });

  it('that is none is refused', () => {
    for (const bad of ['x', '2-1', '0-99999999', '-1', '1,'])
      assert.throws(() => check(bad), /^StrataError: Invalid value/, bad);
  });
});

describe('a new container', () => {
  it('has Docker’s defaults in its place', async () => {
    await using engine = await makeEngine();
    const { container } = await createContainer(
      engine.context,
      createRequest({ host: { memory: 64 << 20, cpuShares: 1 } }),
    );
    const { memorySwap, shmSize, ipcMode, runtime, maskedPaths, readonlyPaths, cpuShares } =
      container.hostConfig;
    assert.deepEqual(
      [memorySwap, shmSize, ipcMode, runtime, cpuShares],
      [128 << 20, 64 << 20, 'private', 'crun', 2],
    );
    assert.ok(maskedPaths?.includes('/proc/kcore') && readonlyPaths?.includes('/proc/sys'));
    const privileged = await makeContainer(engine, { host: { privileged: true } });
    assert.equal(privileged.hostConfig.maskedPaths, null);
  });

  it('names the containers that it joins by their ids', async () => {
    await using engine = await makeEngine();
    const { id } = await makeContainer(engine, { name: 'donor' });
    const { hostConfig: joined } = await makeContainer(engine, {
      host: {
        pidMode: 'container:donor',
        ipcMode: `container:${id.slice(0, 8)}`,
        networkMode: 'container:donor',
      },
    });
    assert.deepEqual(
      [joined.pidMode, joined.ipcMode, joined.networkMode],
      [`container:${id}`, `container:${id}`, `container:${id}`],
    );
    await assert.rejects(makeContainer(engine, { host: { pidMode: 'container:nobody' } }), {
      code: 'not-found',
    });
  });

  it('is warned that the host’s network publishes nothing', async () => {
    await using engine = await makeEngine();
    const host = { networkMode: 'host', portBindings: { '80/tcp': [{ hostIp: '', hostPort: '' }] } };
    const { warnings } = await createContainer(engine.context, createRequest({ host }));
    assert.deepEqual(warnings, ['Published ports are discarded when using host network mode']);
  });

  it('tells that a log without blocking has no buffer, where there is a log', async () => {
    await using engine = await makeEngine();
    const options = { mode: 'non-blocking', 'max-buffer-size': '4m' };
    const warningsWith = async (type: 'local' | 'none') => {
      const host = { logConfig: { type, options } };
      return (await createContainer(engine.context, createRequest({ host }))).warnings;
    };
    assert.deepEqual(await warningsWith('none'), []);
    assert.match(
      (await warningsWith('local')).join(),
      /without a buffer: with mode=non-blocking no line is dropped/,
    );
  });
});

describe('the platform of an image', () => {
  const image = { ...fakeImage('box').config, os: 'linux', architecture: 'arm64' };
  const ask = (platform: string | null) => checkImagePlatform(image, { ...createRequest(), platform });

  it('that was not asked for gets a warning, one that was not found a pull', () => {
    assert.deepEqual(ask('linux/arm64'), []);
    if (process.arch === 'x64')
      assert.match(ask(null)[0] ?? '', /linux\/arm64.*does not match the detected host/);
    assert.throws(() => ask('linux/s390x'), {
      code: 'not-found',
      message: /its platform \(linux\/arm64\) does not match the specified platform \(linux\/s390x\)/,
    });
  });
});

describe('the health check of a container', () => {
  it('is the image’s where the user says nothing else, field by field', () => {
    const image = { Test: ['CMD', 'a'], Interval: 5, Retries: 1 };
    const own = { test: [], interval: 0, timeout: 7, startPeriod: 0, startInterval: 0, retries: 2 };
    assert.deepEqual(mergeHealthcheck(image, own), {
      ...own,
      test: ['CMD', 'a'],
      interval: 5,
    });
    assert.equal(mergeHealthcheck(null, null), null);
    assert.deepEqual(mergeHealthcheck(image, { ...own, test: ['NONE'] })?.test, ['NONE']);
  });
});

describe('the namespaces of a starting container', () => {
  it('are its own, the host’s, or those of the first process of another one', async () => {
    await using engine = await makeEngine();
    const donor = await makeContainer(engine, { name: 'donor', host: { ipcMode: 'shareable' } });
    const pid = 4242;
    Object.assign(donor.state, { status: 'running', pid });
    const joining = await makeContainer(engine, {
      host: {
        pidMode: 'container:donor',
        ipcMode: 'container:donor',
        networkMode: 'container:donor',
        utsMode: 'host',
      },
    });
    assert.deepEqual(joinNamespaces(engine.context, joining), {
      network: { path: `/proc/${pid}/ns/net` },
      pid: { path: `/proc/${pid}/ns/pid` },
      ipc: { path: `/proc/${pid}/ns/ipc` },
      uts: 'host',
    });
    assert.equal(sharedMemoryOf(engine.context, joining), engine.context.layout.sharedMemory(donor.id));
  });

  it('need the other one to run, and to share', async () => {
    await using engine = await makeEngine();
    const donor = await makeContainer(engine, { name: 'donor' });
    const joining = await makeContainer(engine, { host: { ipcMode: 'container:donor' } });
    assert.throws(() => joinNamespaces(engine.context, joining), {
      code: 'conflict',
      message: /cannot join IPC namespace of a non running container/,
    });
    Object.assign(donor.state, { status: 'running', pid: 4242 });
    assert.throws(() => sharedMemoryOf(engine.context, joining), /non-shareable IPC/);
  });
});
