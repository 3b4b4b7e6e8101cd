import assert from 'node:assert/strict';
import { buildSpec } from '../../../backend/runtime/spec/build-spec.ts';
import type { SpecInput } from '../../../backend/runtime/spec/spec-input.ts';
import { tmpfsOptions } from '../../../backend/runtime/spec/tmpfs-options.ts';
import { NO_RESOURCES } from '../../support/fakes/no-resources.ts';
import { host, input } from './spec-input.ts';

const resources = NO_RESOURCES;
const capabilities = (changes: Partial<SpecInput>): string[] =>
  buildSpec(input(changes)).process.capabilities?.bounding ?? [];
const allowed = (changes: Partial<SpecInput>, name: string): string[] =>
  (buildSpec(input(changes)).linux.seccomp?.syscalls ?? [])
    .filter((rule) => rule.names.includes(name))
    .map(({ action, args }) => `${action}${args ? '?' : ''}`);

describe('buildSpec: capabilities', () => {
  it('gives Docker’s fourteen by default', () => {
    assert.equal(capabilities({}).length, 14);
  });
  it('takes names with and without prefix, in any case', () => {
    const names = capabilities({ capAdd: ['net_admin', 'CAP_SYS_TIME'], capDrop: ['Chown'] });
    assert.ok(
      names.includes('CAP_NET_ADMIN') && names.includes('CAP_SYS_TIME') && !names.includes('CAP_CHOWN'),
    );
  });
  it('takes ALL as the ground on either side', () => {
    assert.deepEqual(capabilities({ capDrop: ['ALL'], capAdd: ['NET_RAW'] }), ['CAP_NET_RAW']);
    assert.equal(capabilities({ capAdd: ['ALL'], capDrop: ['NET_RAW'] }).length, 39);
  });
  it('names an unknown one, and one that the daemon lacks', () => {
    assert.throws(() => capabilities({ capAdd: ['FLY'] }), { code: 'invalid-argument', message: /"FLY"/ });
    assert.throws(() => capabilities({ capAdd: ['SYS_RESOURCE'] }), {
      code: 'invalid-argument',
      message: /SYS_RESOURCE/,
    });
  });
});

describe('buildSpec: seccomp', () => {
  it('refuses new namespaces, and allows them with SYS_ADMIN', () => {
    assert.deepEqual(allowed({}, 'clone'), ['SCMP_ACT_ALLOW?']);
    assert.deepEqual(allowed({}, 'clone3'), ['SCMP_ACT_ERRNO']);
    assert.deepEqual(allowed({ capAdd: ['SYS_ADMIN'] }, 'clone'), ['SCMP_ACT_ALLOW']);
    assert.deepEqual(allowed({}, 'mount'), []);
    assert.deepEqual(allowed({}, 'io_uring_setup'), []);
  });
  it('covers the 32-bit architectures of the same machine', () => {
    assert.deepEqual(buildSpec(input()).linux.seccomp?.architectures, [
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_X86',
      'SCMP_ARCH_X32',
    ]);
    const arm = buildSpec(input({ host: { ...host, architecture: 'arm64' } })).linux.seccomp;
    assert.deepEqual(arm?.architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
    assert.ok(!arm?.syscalls.some(({ names }) => names.includes('arch_prctl')));
  });
  it('is off when unconfined or privileged, and the user’s own when given', () => {
    assert.equal(buildSpec(input({ securityOpt: ['seccomp=unconfined'] })).linux.seccomp, undefined);
    assert.equal(buildSpec(input({ privileged: true })).linux.seccomp, undefined);
    const own = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ name: 'chmod', action: 'SCMP_ACT_ERRNO' }],
    });
    assert.deepEqual(buildSpec(input({ securityOpt: [`seccomp=${own}`] })).linux.seccomp?.syscalls, [
      { names: ['chmod'], action: 'SCMP_ACT_ERRNO' },
    ]);
  });
  it('refuses a profile or an option that it cannot read', () => {
    for (const option of ['seccomp={', 'seccomp=/a/path', 'nonsense', 'no-new-privileges=maybe']) {
      assert.throws(() => buildSpec(input({ securityOpt: [option] })), { code: 'invalid-argument' }, option);
    }
  });
});

describe('buildSpec: resources', () => {
  const of = (changes: Partial<SpecInput['resources']>): object =>
    buildSpec(input({ resources: { ...resources, ...changes } })).linux.resources ?? {};
  it('turns cpus into a quota and doubles memory for swap', () => {
    assert.partialDeepStrictEqual(of({ nanoCpus: 1_500_000_000, memory: 2 ** 26 }), {
      cpu: { quota: 150_000, period: 100_000 },
      memory: { limit: 2 ** 26, swap: 2 ** 27 },
    });
  });
  it('refuses what makes no sense', () => {
    assert.throws(() => of({ memory: 4096 }), /Minimum memory limit allowed is 6MB/);
    assert.throws(() => of({ nanoCpus: 3_000_000_000 }), /only 2 CPUs/);
    assert.throws(() => of({ memorySwap: 2 ** 26 }), /Memory limit/);
    assert.throws(() => of({ nanoCpus: 1, cpuQuota: 1 }), /Conflicting/);
  });
  it('lowers default ulimits to what the daemon has, and refuses those that were asked for', () => {
    const nofile = { name: 'nofile', soft: 1_048_576, hard: 1_048_576 };
    assert.deepEqual(buildSpec(input({ defaultUlimits: [nofile] })).process.rlimits, [
      { type: 'RLIMIT_NOFILE', hard: 20_000, soft: 20_000 },
    ]);
    assert.throws(() => buildSpec(input({ ulimits: [nofile] })), {
      code: 'forbidden',
      message: /nofile.*20000/,
    });
    assert.throws(() => buildSpec(input({ ulimits: [{ ...nofile, name: 'x' }] })), /unknown ulimit: x/);
  });
  it('keeps the daemon’s own oom score where it cannot go lower', () => {
    const low = { ...host, oomScoreAdj: 200 };
    assert.equal(buildSpec(input({ host: low })).process.oomScoreAdj, 200);
    assert.throws(() => buildSpec(input({ oomScoreAdj: -5 })), { code: 'forbidden' });
    assert.throws(() => buildSpec(input({ oomScoreAdj: 1001 })), { code: 'invalid-argument' });
  });
});

describe('buildSpec: mounts and namespaces', () => {
  it('puts the user’s mounts last, outer before inner, in place of a default one', () => {
    const bind = (destination: string) => ({ source: '/s', destination, readOnly: true, propagation: '' });
    const { mounts } = buildSpec(input({ binds: [bind('/data/in/ner'), bind('/data'), bind('/dev/shm')] }));
    assert.deepEqual(mounts.map(({ destination }) => destination).slice(-3), [
      '/data',
      '/dev/shm',
      '/data/in/ner',
    ]);
    assert.equal(mounts.filter(({ destination }) => destination === '/dev/shm').length, 1);
    assert.deepEqual(mounts.at(-1)?.options, ['rbind', 'rprivate', 'ro']);
    assert.throws(() => buildSpec(input({ binds: [bind('relative')] })), /"relative"/);
    assert.throws(() => buildSpec(input({ binds: [bind('/')] })), { code: 'invalid-argument' });
  });
  it('hides nothing from a privileged container and gives it the host’s devices', () => {
    const { linux, mounts } = buildSpec(input({ privileged: true }));
    assert.deepEqual([linux.maskedPaths, linux.readonlyPaths], [[], []]);
    assert.equal(linux.devices?.[0]?.path, '/dev/fuse');
    assert.ok(mounts.find(({ destination }) => destination === '/sys')?.options?.includes('rw'));
  });
  it('makes no namespace where the host’s is asked for', () => {
    const shared = input({ network: 'host', pid: 'host', ipc: 'host', uts: 'host', cgroupns: 'host' });
    const spec = buildSpec(shared);
    assert.deepEqual(spec.linux.namespaces, [{ type: 'mount' }]);
    assert.equal(spec.hostname, undefined);
    assert.equal(spec.mounts.find(({ destination }) => destination === '/dev/shm')?.type, 'bind');
  });
  it('joins namespaces by path', () => {
    const { namespaces } = buildSpec(input({ network: { path: '/run/netns/x' } })).linux;
    assert.deepEqual(
      namespaces.find(({ type }) => type === 'network'),
      { type: 'network', path: '/run/netns/x' },
    );
  });
  it('lets only settings of own namespaces through', () => {
    const sysctls = { 'net.core.somaxconn': '1', 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '5' };
    assert.deepEqual(buildSpec(input({ sysctls })).linux.sysctl, sysctls);
    assert.throws(() => buildSpec(input({ sysctls, network: 'host' })), /net\.core\.somaxconn/);
    assert.throws(() => buildSpec(input({ sysctls: { 'kernel.panic': '1' } })), /kernel\.panic/);
  });
  it('says so where no init program is installed', () => {
    assert.throws(() => buildSpec(input({ init: true })), { code: 'unavailable', message: /^no init/ });
    const withInit = buildSpec(input({ init: true, host: { ...host, initProgram: '/usr/bin/catatonit' } }));
    assert.deepEqual(withInit.process.args, ['/sbin/docker-init', '--', 'true']);
  });
  it('shares the root where a mount is to be shared', () => {
    const binds = [{ source: '/s', destination: '/d', readOnly: false, propagation: 'rshared' }];
    assert.equal(buildSpec(input({ binds })).linux.rootfsPropagation, 'shared');
  });
});

describe('tmpfsOptions', () => {
  it('has safe defaults, and lets the last of contradicting options win', () => {
    assert.deepEqual(tmpfsOptions(''), ['rw', 'noexec', 'nosuid', 'nodev']);
    assert.deepEqual(tmpfsOptions('exec,size=64m,mode=1777,size=1g'), [
      'rw',
      'nosuid',
      'nodev',
      'exec',
      'mode=1777',
      'size=1g',
    ]);
  });
  it('names an option that tmpfs does not have', () => {
    assert.throws(() => tmpfsOptions('rw,from=/etc'), { code: 'invalid-argument', message: /from=\/etc/ });
  });
});
