import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { run } from '../support/run.ts';
import { useDaemon } from '../support/use-daemon.ts';

const V1 = '/sys/fs/cgroup';

describe('options of docker run, seen from inside', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  /** What a shell inside prints. */
  const inside = (options: string[], script: string) =>
    ok('run', '--rm', ...options, fixture.image('busybox'), 'sh', '-c', script);
  const sleeper = (name: string, ...options: string[]) =>
    ok('run', '-d', '--name', name, ...options, fixture.image('busybox'), 'sleep', '300');
  const cgroup = (controller: string, file: string) =>
    `cat ${V1}/${controller}/${file} 2>/dev/null || cat ${V1}/${file}`;

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
  });

  describe('limits', () => {
    it('memory, swap, reservation, swappiness and the OOM killer', async function (): Promise<void> {
      const options = ['-m', '64m', '--memory-swap', '96m', '--memory-reservation', '32m'];
      const v1 = [...options, '--memory-swappiness', '10', '--oom-kill-disable'];
      const files = ['limit_in_bytes', 'memsw.limit_in_bytes', 'soft_limit_in_bytes', 'swappiness'];
      const script = `test -d ${V1}/memory || exit 0; ${files.map((file) => `cat ${V1}/memory/memory.${file}`).join('; ')}; grep kill_dis ${V1}/memory/memory.oom_control`;
      const said = await inside(v1, script);
      if (said === '') {
        console.log('      skipped: this machine has no memory controller of cgroup v1');
        this.skip();
      }
      assert.deepEqual(said.split('\n'), [
        String(64 << 20),
        String(96 << 20),
        String(32 << 20),
        '10',
        'oom_kill_disable 1',
      ]);
    });

    it('processors: quota, shares and sets; processes', async () => {
      assert.match(
        await inside(['--cpus', '0.5'], `cat ${V1}/cpu/cpu.cfs_quota_us 2>/dev/null || cat ${V1}/cpu.max`),
        /^50000/,
      );
      assert.match(
        await inside(
          ['--cpu-period', '20000', '--cpu-quota', '10000'],
          `cat ${V1}/cpu/cpu.cfs_quota_us ${V1}/cpu/cpu.cfs_period_us 2>/dev/null || cat ${V1}/cpu.max`,
        ),
        /^10000\s20000/,
      );
      assert.match(await inside(['--cpuset-cpus', '0'], 'grep Cpus_allowed_list /proc/self/status'), /\t0$/);
      assert.equal(await inside(['--pids-limit', '50'], cgroup('pids', 'pids.max')), '50');
    });

    it('of an open file and of a shared memory', async () => {
      assert.equal(await inside(['--ulimit', 'nofile=100:200'], 'ulimit -n; ulimit -Hn'), '100\n200');
      assert.match(await inside(['--shm-size', '1m'], 'df /dev/shm | tail -1'), /^shm +1024 /);
    });

    it('that the kernel does not offer are dropped with a warning', async () => {
      const body = { Image: fixture.image('busybox'), Cmd: ['true'], HostConfig: { BlkioWeight: 100 } };
      const { json } = await fixture.daemon.call('/containers/create', { method: 'POST', body });
      const { Id, Warnings } = json() as { Id: string; Warnings: string[] };
      const weight = await ok('inspect', '-f', '{{.HostConfig.BlkioWeight}}', Id);
      if (Warnings.length === 0) assert.equal(weight, '100');
      else {
        assert.match(Warnings.join('\n'), /does not support Block I\/O weight .* Weight discarded/);
        assert.equal(weight, '0');
      }
    });
  });

  describe('devices', () => {
    it('one, a directory of them, and a rule', async () => {
      assert.match(await inside(['--device', '/dev/zero:/dev/mine:r'], 'ls -l /dev/mine'), /^crw.* 1, +5 /);
      const directory = await mkdtemp(join(tmpdir(), 'strata-devices-'));
      try {
        await mkdir(join(directory, 'below'));
        await run('mknod', [join(directory, 'below', 'a'), 'c', '1', '5']);
        assert.match(
          await inside(['--device', `${directory}:/dev/all`], 'ls -l /dev/all/below'),
          / 1, +5 .* a$/,
        );
        const fuse = 'mknod /x c 10 229 && (: < /x) 2>&1; echo done';
        assert.match(await inside([], fuse), /Operation not permitted/);
        assert.doesNotMatch(
          await inside(['--device-cgroup-rule', 'c 10:229 rwm'], fuse),
          /Operation not permitted/,
        );
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });

  describe('rights', () => {
    it('capabilities, user and groups', async () => {
      const bits = async (...options: string[]) =>
        BigInt(`0x${(await inside(options, 'grep CapBnd /proc/self/status')).split('\t')[1] ?? ''}`);
      assert.equal(await bits('--cap-drop', 'ALL', '--cap-add', 'NET_RAW'), 1n << 13n);
      assert.equal((await bits('--cap-add', 'SYS_TIME')) & (1n << 25n), 1n << 25n);
      assert.equal(await inside(['-u', '5:6', '--group-add', '777'], 'id'), 'uid=5 gid=6 groups=6,777');
    });

    it('new privileges, seccomp, and the paths of the system', async () => {
      const status = (field: string) => `grep ${field}: /proc/self/status | tr -d '\\t'`;
      assert.equal(
        await inside(['--security-opt', 'no-new-privileges'], status('NoNewPrivs')),
        'NoNewPrivs:1',
      );
      assert.equal(await inside(['--security-opt', 'seccomp=unconfined'], status('Seccomp')), 'Seccomp:0');
      const profile = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
      };
      const file = join(tmpdir(), `strata-seccomp-${process.pid}.json`);
      await writeFile(file, JSON.stringify(profile));
      try {
        assert.match(
          await inside(['--security-opt', `seccomp=${file}`], 'mkdir /x 2>&1; true'),
          /Operation not permitted/,
        );
      } finally {
        await rm(file);
      }
      const hidden = 'grep -c " /proc/" /proc/mounts || true';
      assert.notEqual(await inside([], hidden), '0');
      assert.equal(await inside(['--security-opt', 'systempaths=unconfined'], hidden), '0');
    });

    it('privileged', async () => {
      const [caps = '', devices = ''] = (
        await inside(['--privileged'], 'grep CapEff /proc/self/status; ls /dev | wc -l')
      ).split('\n');
      assert.match(caps, /f{6}$/);
      assert.ok(Number(devices) > 20);
    });

    it('the OOM score', async () => {
      assert.equal(await inside(['--oom-score-adj', '500'], 'cat /proc/self/oom_score_adj'), '500');
    });
  });

  describe('namespaces', () => {
    it('of the host', async () => {
      const own = async (name: string) => (await run('readlink', [`/proc/self/ns/${name}`])).stdout.trim();
      for (const name of ['pid', 'ipc', 'uts'])
        assert.equal(await inside([`--${name}`, 'host'], `readlink /proc/self/ns/${name}`), await own(name));
      assert.equal(await inside(['--net', 'host'], 'readlink /proc/self/ns/net'), await own('net'));
      assert.notEqual(
        await inside(['--cgroupns', 'private'], 'readlink /proc/self/ns/cgroup'),
        await own('cgroup'),
      );
    });

    it('of another container, which has to run', async () => {
      await sleeper('donor', '--ipc', 'shareable', '-h', 'giver');
      const ns = (name: string) => ok('exec', 'donor', 'readlink', `/proc/self/ns/${name}`);
      const joined = ['--pid', 'container:donor', '--ipc', 'container:donor', '--net', 'container:donor'];
      const script =
        'for ns in pid ipc net; do readlink /proc/self/ns/$ns; done; hostname; echo here >/dev/shm/note';
      assert.equal(
        await inside(joined, script),
        [await ns('pid'), await ns('ipc'), await ns('net'), 'giver'].join('\n'),
      );
      assert.equal(await ok('exec', 'donor', 'cat', '/dev/shm/note'), 'here');
      await ok('stop', '-t', '0', 'donor');
      for (const kind of ['pid', 'ipc', 'net']) {
        const { code, stderr } = await fixture.daemon.docker([
          'run',
          '--rm',
          `--${kind}`,
          'container:donor',
          fixture.image('busybox'),
          'true',
        ]);
        assert.equal(code, 125);
        assert.match(stderr, /non running container/);
      }
    });

    it('for IPC: none has no shared memory, a private one is not for others', async () => {
      assert.equal(await inside(['--ipc', 'none'], 'test -e /dev/shm || echo none'), 'none');
      await sleeper('private');
      const { stderr } = await fixture.daemon.docker([
        'run',
        '--rm',
        '--ipc',
        'container:private',
        fixture.image('busybox'),
        'true',
      ]);
      assert.match(stderr, /non-shareable IPC \(hint: use IpcMode:shareable for the donor container\)/);
    });

    it('settings of the kernel in its own', async () => {
      assert.equal(
        await inside(
          ['--sysctl', 'net.ipv4.ip_forward=1', '--sysctl', 'kernel.shmmax=100000'],
          'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax',
        ),
        '1\n100000',
      );
    });
  });

  describe('the rest', () => {
    it('an init program reaps what is left, and a working directory is made', async () => {
      assert.match(
        await inside(['--init'], 'cat /proc/1/cmdline | tr "\\0" " "'),
        /^\/sbin\/docker-init -- sh/,
      );
      assert.equal(
        await inside(['-w', '/not/there'], 'pwd; stat -c %a:%u:%g /not/there'),
        '/not/there\n755:0:0',
      );
    });

    it('a cgroup parent, and the other runtime', async () => {
      const parent = `/strata-parent-${process.pid}`;
      try {
        assert.match(
          await inside(['--cgroup-parent', parent], 'cat /proc/self/cgroup'),
          new RegExp(`:${parent}/`),
        );
      } finally {
        await run('sh', ['-c', `rmdir ${V1}${parent} ${V1}/*${parent} 2>/dev/null; true`]);
      }
      assert.equal(await inside(['--runtime', 'runc'], 'echo ran'), 'ran');
    });

    it('names, resolvers and hosts', async () => {
      assert.equal(
        await inside(
          ['-h', 'name', '--domainname', 'example.org'],
          'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname',
        ),
        'name\nexample.org',
      );
      const files = await inside(
        ['--add-host', 'db:10.1.2.3', '--dns', '10.9.8.7', '--dns-search', 'here', '--dns-option', 'ndots:3'],
        'cat /etc/hosts /etc/resolv.conf',
      );
      for (const line of [/10\.1\.2\.3\s+db/, /nameserver 10\.9\.8\.7/, /search here/, /options ndots:3/])
        assert.match(files, line);
    });
  });
});
