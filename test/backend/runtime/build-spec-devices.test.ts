import assert from 'node:assert/strict';
import { buildSpec } from '../../../backend/runtime/spec/build-spec.ts';
import { NO_RESOURCES } from '../../support/fakes/no-resources.ts';
import { host, input } from './spec-input.ts';

const resources = NO_RESOURCES;

describe('buildSpec: devices, block devices and places', () => {
  const node = {
    path: '/dev/mine',
    type: 'c' as const,
    major: 10,
    minor: 200,
    fileMode: 0o600,
    uid: 0,
    gid: 0,
  };

  it('gives a device with what may be done with it, and rules for more', () => {
    const { linux } = buildSpec(
      input({ devices: [{ node, access: 'r' }], deviceRules: ['c 7:* rw', 'a *:* m'] }),
    );
    assert.deepEqual(linux.devices, [node]);
    assert.deepEqual(linux.resources?.devices?.slice(-3), [
      { allow: true, type: 'c', major: 10, minor: 200, access: 'r' },
      { allow: true, type: 'c', major: 7, access: 'rw' },
      { allow: true, type: 'a', access: 'm' },
    ]);
  });
  it('puts a device in place of the host’s in a privileged container', () => {
    const mine = { ...node, path: '/dev/fuse' };
    const { linux } = buildSpec(input({ privileged: true, devices: [{ node: mine, access: 'rwm' }] }));
    assert.deepEqual(linux.devices, [mine]);
    assert.deepEqual(linux.resources?.devices, [{ allow: true, access: 'rwm' }]);
  });
  it('limits block devices by their numbers', () => {
    const device = { path: '/dev/a', major: 8, minor: 1 };
    const limits = {
      ...resources,
      blkioWeight: 100,
      blkioWeightDevice: [{ ...device, weight: 200 }],
      blkioDeviceReadBps: [{ ...device, rate: 1 }],
      blkioDeviceWriteIOps: [{ ...device, rate: 2 }],
    };
    assert.deepEqual(buildSpec(input({ resources: limits })).linux.resources?.blockIO, {
      weight: 100,
      weightDevice: [{ major: 8, minor: 1, weight: 200 }],
      throttleReadBpsDevice: [{ major: 8, minor: 1, rate: 1 }],
      throttleWriteIOPSDevice: [{ major: 8, minor: 1, rate: 2 }],
    });
  });
  it('passes on swappiness, the OOM killer, real time and a quota without end', () => {
    const limits = {
      ...resources,
      memorySwappiness: 0,
      oomKillDisable: true,
      cpuRealtimeRuntime: 5,
      cpuQuota: -1,
    };
    assert.partialDeepStrictEqual(buildSpec(input({ resources: limits })).linux.resources ?? {}, {
      memory: { swappiness: 0, disableOOMKiller: true },
      cpu: { realtimeRuntime: 5, quota: -1 },
    });
  });
  it('hides the paths that are asked for, and lies below the asked cgroup', () => {
    const { linux } = buildSpec(
      input({ maskedPaths: ['/proc/x'], readonlyPaths: [], cgroupParent: '/mine' }),
    );
    assert.deepEqual(
      [linux.maskedPaths, linux.readonlyPaths, linux.cgroupsPath],
      [['/proc/x'], [], '/mine/a1'],
    );
  });
  it('has no shared memory where none is wanted', () => {
    const places = buildSpec(input({ shmSize: null })).mounts.map(({ destination }) => destination);
    assert.ok(!places.includes('/dev/shm') && places.includes('/dev/mqueue'));
  });
  it('makes binds read-only to the bottom, flat or quiet as they are wanted', () => {
    const bind = { source: '/s', destination: '/d', readOnly: true, propagation: '' };
    const options = (more: object) =>
      buildSpec(input({ binds: [{ ...bind, ...more }] })).mounts.at(-1)?.options;
    assert.deepEqual(options({ recursiveReadOnly: true }), ['rbind', 'rprivate', 'ro', 'rro']);
    assert.deepEqual(options({ nonRecursive: true }), ['bind', 'rprivate', 'ro']);
    assert.deepEqual(options({ readOnly: false, quiet: true }), [
      'rbind',
      'rprivate',
      'rw',
      'nosuid',
      'noexec',
      'nodev',
    ]);
  });
  it('refuses a profile of AppArmor where there is none', () => {
    assert.throws(() => buildSpec(input({ securityOpt: ['apparmor=mine'] })), /AppArmor is not enabled/);
    const there = { ...host, apparmor: true };
    assert.equal(
      buildSpec(input({ securityOpt: ['apparmor=mine'], host: there })).process.apparmorProfile,
      'mine',
    );
  });
});
