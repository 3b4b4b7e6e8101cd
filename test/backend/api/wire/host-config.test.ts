import assert from 'node:assert/strict';
import { errorReply } from '../../../../backend/api/server/error-reply.ts';
import { toCreateRequest } from '../../../../backend/api/wire/container-create.ts';
import { fromHostConfig, hostConfigWire, toHostConfig } from '../../../../backend/api/wire/host-config.ts';

const create = (body: object) => toCreateRequest({ name: null, platform: null }, { Image: 'x', ...body });

function refusal(body: object): string {
  try {
    create(body);
  } catch (error) {
    const { status, body: answer } = errorReply(error);
    return `${status} ${(answer as { message: string }).message}`;
  }
  return 'accepted';
}

describe('a bad field of a creation is refused by its name, in Docker’s words', () => {
  const host: [field: string, value: unknown, words: RegExp][] = [
    ['Memory', 1, /Minimum memory limit allowed is 6MB/],
    ['Memory', '64m', /HostConfig\.Memory: .*number/],
    ['MemoryReservation', 5, /Minimum memory reservation allowed is 6MB/],
    ['MemorySwap', -2, /-1 for unlimited/],
    ['MemorySwappiness', 101, /range is 0-100/],
    ['CpuPeriod', 999, /can not be less than 1ms \(i\.e\. 1000\) or larger than 1s/],
    ['CpuQuota', 999, /CPU cfs quota can not be less than 1ms/],
    ['CpuShares', -1, /shares: invalid argument/],
    ['BlkioWeight', 5, /Range of blkio weight is from 10 to 1000/],
    ['BlkioDeviceReadBps', [{ Path: '', Rate: 1 }], /BlkioDeviceReadBps/],
    ['Ulimits', [{ Name: 'nofile', Soft: 2, Hard: 1 }], /soft limit must be less than or equal to hard/],
    ['OomScoreAdj', 1001, /range for oom score adj is \[-1000, 1000\]/],
    ['ShmSize', -1, /SHM size can not be less than 0/],
    ['PidMode', 'mine', /invalid PID mode: mine/],
    ['IpcMode', 'mine', /invalid IPC mode: mine/],
    ['UTSMode', 'container:x', /invalid UTS mode: container:x/],
    ['CgroupnsMode', 'x', /invalid cgroup namespace mode: x/],
    ['UsernsMode', 'keep-id', /invalid USER mode: keep-id/],
    ['Devices', [{ PathOnHost: '/dev/x', CgroupPermissions: 'x' }], /letters r, w and m/],
    ['DeviceCgroupRules', ['c 1 rwm'], /invalid device cgroup rule format: 'c 1 rwm'/],
    ['ExtraHosts', ['nonsense'], /bad format for add-host: "nonsense"/],
    ['ExtraHosts', ['a:b'], /invalid IP address in add-host: "b"/],
    ['Dns', ['example.org'], /bad nameserver address: example\.org/],
    ['PortBindings', { http: [] }, /invalid port specification: "http"/],
    ['PortBindings', { '80/tcp': [{ HostPort: '9-8' }] }, /invalid port specification: "9-8"/],
    ['PortBindings', { '80/tcp': [{ HostIp: 'here' }] }, /invalid IP address: here/],
    ['RestartPolicy', { Name: 'often' }, /invalid restart policy.*: unknown policy 'often'; use one of/],
    ['RestartPolicy', { Name: 'always', MaximumRetryCount: 1 }, /can only be used with 'on-failure'/],
    ['LogConfig', { Type: 'syslog' }, /logger: no log driver named 'syslog' is registered/],
    ['LogConfig', { Config: { colour: 'x' } }, /unknown log opt 'colour' for json-file log driver/],
    ['LogConfig', { Config: { 'max-size': 'much' } }, /invalid value for max-size/],
    ['LogConfig', { Config: { 'max-file': '0' } }, /max-file cannot be less than 1/],
    ['LogConfig', { Config: { compress: 'true' } }, /compress cannot be true/],
    ['LogConfig', { Config: { mode: 'fast' } }, /logging mode not supported: fast/],
    ['Annotations', { '': 'x' }, /empty string is not permitted as an annotation key/],
    ['StorageOpt', { size: '1G' }, /--storage-opt is supported only for overlay over xfs/],
    ['Isolation', 'hyperv', /invalid isolation/],
    ['IOMaximumIOps', 5, /does not support Maximum IO IOps/],
    ['MaskedPaths', ['proc'], /must be an absolute path/],
  ];
  for (const [field, value, words] of host) {
    it(`HostConfig.${field}: ${JSON.stringify(value)}`, () => {
      const words400 = refusal({ HostConfig: { [field]: value } });
      assert.match(words400, /^400 /);
      assert.match(words400, words);
    });
  }

  const plain: [body: object, words: RegExp][] = [
    [{ Hostname: 'a b' }, /invalid hostname format: a b/],
    [{ Hostname: 'x'.repeat(65) }, /invalid hostname format/],
    [{ Env: ['=x'] }, /invalid environment variable: =x/],
    [{ WorkingDir: 'here' }, /the working directory 'here' is invalid, it needs to be an absolute path/],
    [{ ExposedPorts: { '80/ftp': {} } }, /invalid port specification: "80\/ftp"/],
    [{ Volumes: { here: {} } }, /invalid volume specification: 'here'/],
    [{ StopTimeout: -2 }, /StopTimeout: must be -1/],
    [{ Healthcheck: { Interval: 999_999 } }, /Interval in Healthcheck cannot be less than 1ms/],
    [{ Healthcheck: { StartInterval: 1 } }, /StartInterval in Healthcheck cannot be less than 1ms/],
    [{ Healthcheck: { Retries: -1 } }, /Retries in Healthcheck cannot be negative/],
    [{ Hostname: 'x', HostConfig: { UTSMode: 'host' } }, /conflicting options: hostname and the UTS mode/],
  ];
  for (const [body, words] of plain) {
    it(JSON.stringify(body).slice(0, 70), () => {
      assert.match(refusal(body), /^400 /);
      assert.match(refusal(body), words);
    });
  }

  const mounts: [mount: object, words: RegExp][] = [
    [{ Type: 'bind', Source: '/a' }, /invalid mount config for type "bind": field Target must not be empty/],
    [{ Type: 'bind', Target: '/b' }, /field Source must not be empty/],
    [{ Type: 'bind', Source: 'a', Target: '/b' }, /mount path must be absolute/],
    [{ Type: 'bind', Source: '/a', Target: '/' }, /destination can't be '\/'/],
    [
      { Type: 'bind', Source: '/a', Target: '/b', VolumeOptions: {} },
      /field VolumeOptions must not be specified/,
    ],
    [
      { Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'x' } },
      /invalid propagation mode: x/,
    ],
    [
      {
        Type: 'bind',
        Source: '/a',
        Target: '/b',
        ReadOnly: true,
        BindOptions: { ReadOnlyForceRecursive: true },
      },
      /requires Propagation to be "rprivate"/,
    ],
    [
      { Type: 'volume', Target: '/b', ReadOnly: true },
      /must not set ReadOnly mode when using anonymous volumes/,
    ],
    [
      { Type: 'volume', Source: 'vol', Target: '/b', VolumeOptions: { Subpath: '../x' } },
      /relative path within/,
    ],
    [{ Type: 'tmpfs', Source: 'x', Target: '/b' }, /field Source must not be specified/],
    [{ Type: 'image', Target: '/b' }, /field Source must not be empty/],
    [{ Type: 'cluster', Source: 'x', Target: '/b' }, /mount type unknown/],
  ];
  for (const [mount, words] of mounts) {
    it(`mount ${JSON.stringify(mount).slice(0, 90)}`, () => {
      const refused = refusal({ HostConfig: { Mounts: [mount] } });
      assert.match(refused, /^400 invalid field HostConfig\.Mounts\.0/);
      assert.match(refused, words);
    });
  }
});

describe('the configuration of the host', () => {
  const echo = (wire: object) => fromHostConfig(toHostConfig(hostConfigWire.parse(wire)));

  it('comes back from inspect as it was sent, every field of it', () => {
    const wire = {
      Memory: 64 << 20,
      MemorySwap: -1,
      MemoryReservation: 32 << 20,
      MemorySwappiness: 10,
      OomKillDisable: true,
      CpuShares: 512,
      CpuPeriod: 20_000,
      CpuQuota: 10_000,
      CpuRealtimePeriod: 1000,
      CpuRealtimeRuntime: 500,
      CpusetCpus: '0',
      CpusetMems: '0',
      PidsLimit: 50,
      BlkioWeight: 100,
      BlkioWeightDevice: [{ Path: '/dev/a', Weight: 200 }],
      BlkioDeviceReadBps: [{ Path: '/dev/a', Rate: 1 }],
      BlkioDeviceWriteBps: [{ Path: '/dev/a', Rate: 2 }],
      BlkioDeviceReadIOps: [{ Path: '/dev/a', Rate: 3 }],
      BlkioDeviceWriteIOps: [{ Path: '/dev/a', Rate: 4 }],
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      CgroupParent: '/mine',
      Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }],
      DeviceCgroupRules: ['c 1:* rwm'],
      DeviceRequests: [
        { Driver: 'nvidia', Count: -1, DeviceIDs: null, Capabilities: [['gpu']], Options: { a: 'b' } },
      ],
      CapAdd: ['NET_ADMIN'],
      CapDrop: ['ALL'],
      Privileged: true,
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
      MaskedPaths: ['/proc/kcore'],
      ReadonlyPaths: [],
      GroupAdd: ['1'],
      Sysctls: { 'net.core.somaxconn': '1' },
      PidMode: 'container:x',
      IpcMode: 'shareable',
      UTSMode: 'host',
      CgroupnsMode: 'private',
      UsernsMode: 'host',
      OomScoreAdj: 5,
      ShmSize: 1 << 20,
      Init: true,
      Runtime: 'runc',
      Binds: ['/a:/b:ro'],
      Tmpfs: { '/t': 'size=1m' },
      VolumesFrom: ['c:ro'],
      VolumeDriver: 'local',
      AutoRemove: true,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      PortBindings: {
        '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8000-8010' }],
        '9/sctp': [{ HostIp: '', HostPort: '' }],
      },
      PublishAllPorts: true,
      NetworkMode: 'mine',
      ExtraHosts: ['a:1.2.3.4', 'gate:host-gateway', 'six:[::1]'],
      Dns: ['1.1.1.1'],
      DnsSearch: ['here'],
      DnsOptions: ['ndots:1'],
      Links: ['a:b'],
      ConsoleSize: [24, 80],
      LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
      Annotations: { a: 'b' },
      ContainerIDFile: '/tmp/id',
      Mounts: [
        {
          Type: 'bind',
          Source: '/a',
          Target: '/b',
          ReadOnly: true,
          BindOptions: { Propagation: 'rprivate', CreateMountpoint: true, ReadOnlyForceRecursive: true },
        },
        {
          Type: 'volume',
          Source: 'vol',
          Target: '/c',
          VolumeOptions: {
            NoCopy: true,
            Labels: { a: 'b' },
            Subpath: 'in/side',
            DriverConfig: { Name: 'local', Options: { type: 'tmpfs' } },
          },
        },
        {
          Type: 'tmpfs',
          Target: '/d',
          TmpfsOptions: { SizeBytes: 1048577, Mode: 0o1700, Options: [['exec'], ['uid', '5']] },
        },
        { Type: 'image', Source: 'box', Target: '/e', ImageOptions: { Subpath: 'bin' } },
      ],
    };
    const { Isolation, Cgroup, CpuCount, CpuPercent, IOMaximumIOps, IOMaximumBandwidth, NanoCpus, ...rest } =
      echo(wire);
    assert.deepEqual(rest, wire);
    assert.deepEqual(
      [Isolation, Cgroup, CpuCount, CpuPercent, IOMaximumIOps, IOMaximumBandwidth, NanoCpus],
      ['', '', 0, 0, 0, 0, 0],
    );
  });

  it('takes what the docker CLI sends for nothing as nothing', () => {
    const { MemorySwappiness, PidsLimit, RestartPolicy, LogConfig } = echo({
      MemorySwappiness: -1,
      PidsLimit: -1,
      RestartPolicy: { Name: '', MaximumRetryCount: 0 },
      LogConfig: { Type: '', Config: {} },
      Isolation: '',
      Binds: null,
      Devices: [],
    });
    assert.deepEqual(
      [MemorySwappiness, PidsLimit, RestartPolicy, LogConfig],
      [null, null, { Name: 'no', MaximumRetryCount: 0 }, { Type: 'json-file', Config: {} }],
    );
  });

  it('gives a free port for an empty list of bindings, and every binding its protocol', () => {
    const { PortBindings } = echo({ PortBindings: { 80: null, '81/UDP': [] } });
    assert.deepEqual(PortBindings, {
      '80/tcp': [{ HostIp: '', HostPort: '' }],
      '81/udp': [{ HostIp: '', HostPort: '' }],
    });
  });
});

describe('the configuration of a container', () => {
  it('keeps health check, shell and what is built on it', () => {
    const { config } = create({
      Healthcheck: { Test: ['CMD', 'x'], Interval: 1_000_000, StartInterval: 2_000_000, Retries: 2 },
      Shell: ['/bin/ash'],
      OnBuild: ['RUN x'],
      NetworkDisabled: true,
    });
    assert.deepEqual(config.healthcheck, {
      test: ['CMD', 'x'],
      interval: 1_000_000,
      timeout: 0,
      startPeriod: 0,
      startInterval: 2_000_000,
      retries: 2,
    });
    assert.deepEqual([config.shell, config.onBuild, config.networkDisabled], [['/bin/ash'], ['RUN x'], true]);
  });
});
