import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { openTerminal } from '../support/terminal.ts';
import { useDaemon } from '../support/use-daemon.ts';

describe('docker run', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const run = (...args: string[]) => fixture.daemon.docker(['run', '--rm', ...args]);
  const busybox = () => fixture.image('busybox');

  it('prints what the program prints, each stream on its own', async () => {
    const result = await run(busybox(), 'sh', '-c', 'echo out; echo err >&2');
    assert.deepEqual(result, { code: 0, stdout: 'out\n', stderr: 'err\n' });
  });

  it('returns the exit code of the program', async () => {
    assert.equal((await run(busybox(), 'sh', '-c', 'exit 37')).code, 37);
  });

  it('returns 127 for a program that is not there, and names it', async () => {
    const result = await run(busybox(), 'no-such-program');
    assert.equal(result.code, 127);
    assert.match(result.stderr, /no-such-program/);
  });

  it('returns 126 for a file that cannot be executed', async () => {
    assert.equal((await run(busybox(), '/etc/passwd')).code, 126);
  });

  it('removes the container afterwards with --rm', async () => {
    await run('--name', 'gone', busybox(), 'true');
    const { stdout } = await fixture.daemon.docker(['ps', '-aq', '--filter', 'name=gone']);
    assert.equal(stdout, '');
  });

  it('gives -e, -w, -u and --hostname to the program', async () => {
    const script = 'echo $COLOUR $PWD $(id -u):$(id -g) $(hostname)';
    const options = ['-e', 'COLOUR=green', '-w', '/tmp', '-u', '33:33', '--hostname', 'strata-host'];
    const { stdout } = await run(...options, busybox(), 'sh', '-c', script);
    assert.equal(stdout, 'green /tmp 33:33 strata-host\n');
  });

  it('resolves a user and a group by name in the image', async () => {
    assert.match((await run('-u', 'nobody', busybox(), 'id')).stdout, /^uid=65534\(nobody\)/);
    const bad = await run('-u', 'nosuchuser', busybox(), 'id');
    assert.notEqual(bad.code, 0);
    assert.match(bad.stderr, /nosuchuser/);
  });

  it('binds a directory of the host with -v, read-only with :ro', async () => {
    const host = join(fixture.daemon.root, 'bind');
    await mkdir(host);
    await writeFile(join(host, 'in'), 'from the host');
    const written = await run(
      '-v',
      `${host}:/mnt`,
      busybox(),
      'sh',
      '-c',
      'cat /mnt/in; echo back > /mnt/out',
    );
    assert.equal(written.stdout, 'from the host');
    assert.equal(await readFile(join(host, 'out'), 'utf8'), 'back\n');
    const refused = await run('-v', `${host}:/mnt:ro`, busybox(), 'touch', '/mnt/new');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /Read-only/);
  });

  it('keeps a named volume between two containers, filled from the image', async () => {
    const first = await run('-v', 'kept:/etc', busybox(), 'sh', '-c', 'ls /etc; echo 1 > /etc/one');
    assert.match(first.stdout, /passwd/);
    assert.equal((await run('-v', 'kept:/data', busybox(), 'cat', '/data/one')).stdout, '1\n');
  });

  it('limits memory with -m: the kernel ends what takes more', async () => {
    const result = await run(
      '-m',
      '32m',
      busybox(),
      'sh',
      '-c',
      'head -c 100000000 /dev/zero | tail | wc -c',
    );
    assert.notEqual(result.stdout.trim(), '100000000');
  });

  it('limits processors with --cpus', async () => {
    const name = 'half';
    const { docker } = fixture.daemon;
    await docker.ok(['run', '-d', '--name', name, '--cpus', '0.5', '-m', '64m', busybox(), 'sleep', '60']);
    const host = JSON.parse(await docker.ok(['inspect', '-f', '{{json .HostConfig}}', name])) as {
      NanoCpus: number;
      Memory: number;
    };
    assert.equal(host.NanoCpus, 500_000_000);
    assert.equal(host.Memory, 64 * 1024 * 1024);
    const pid = await docker.ok(['inspect', '-f', '{{.State.Pid}}', name]);
    assert.deepEqual(await cpuQuota(pid), { quota: 50_000, period: 100_000 });
    await docker.ok(['rm', '-f', name]);
  });

  it('refuses writes to the root with --read-only, but not to a --tmpfs', async () => {
    const script = 'touch /x; touch /scratch/y && echo fine';
    const { stdout, stderr } = await run('--read-only', '--tmpfs', '/scratch', busybox(), 'sh', '-c', script);
    assert.match(stderr, /Read-only/);
    assert.equal(stdout, 'fine\n');
  });

  it('takes capabilities away with --cap-drop', async () => {
    const { code } = await run('--cap-drop', 'CHOWN', busybox(), 'chown', '33', '/tmp');
    assert.notEqual(code, 0);
  });

  it('gives standard input and its end to the program with -i', async () => {
    const result = await fixture.daemon.docker(['run', '--rm', '-i', busybox(), 'cat'], { input: 'x\n' });
    assert.deepEqual(result, { code: 0, stdout: 'x\n', stderr: '' });
  });

  it('carries a megabyte through standard input and output', async () => {
    const input = Buffer.alloc(1024 * 1024, 'strata ');
    const result = await fixture.daemon.docker(['run', '--rm', '-i', busybox(), 'sha256sum'], { input });
    const { createHash } = await import('node:crypto');
    assert.equal(result.stdout, `${createHash('sha256').update(input).digest('hex')}  -\n`);
  });

  it('gives an empty input its end', async () => {
    const { stdout } = await fixture.daemon.docker(['run', '--rm', '-i', busybox(), 'wc', '-c'], {
      input: '',
    });
    assert.equal(stdout.trim(), '0');
  });

  it('works on a terminal with -it', async () => {
    const { docker } = fixture.daemon;
    const command = [docker.program, 'run', '--rm', '-it', busybox(), 'sh'];
    await using terminal = openTerminal(command, docker.env);
    await terminal.sees('#');
    terminal.type('echo "is $(tty) $((6*7))"\n');
    await terminal.sees(/is \/dev\/pts\/\d+ 42/);
    terminal.type('exit 5\n');
    assert.equal(await terminal.ended(), 5);
  });

  it('gives the size of the terminal to the program', async () => {
    const { docker } = fixture.daemon;
    const shell = `stty rows 31 cols 97; exec ${docker.program} run --rm -it ${busybox()} sh`;
    await using terminal = openTerminal(['sh', '-c', shell], docker.env);
    await terminal.sees('#');
    terminal.type('stty size\n');
    await terminal.sees('31 97');
    terminal.type('exit\n');
    await terminal.ended();
  });
});

/** Quota and period of a process' cgroup, in version 1 or 2 of cgroups. */
async function cpuQuota(pid: string): Promise<{ quota: number; period: number }> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).split('\n');
  const v1 = lines.find((line) => /:(cpu|cpu,cpuacct|cpuacct,cpu):/.test(line))?.split(':')[2];
  if (v1 !== undefined) {
    const read = async (name: string) => Number(await readFile(join('/sys/fs/cgroup/cpu', v1, name), 'utf8'));
    return { quota: await read('cpu.cfs_quota_us'), period: await read('cpu.cfs_period_us') };
  }
  const v2 = lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
  const [quota, period] = (await readFile(join('/sys/fs/cgroup', v2, 'cpu.max'), 'utf8'))
    .split(' ')
    .map(Number);
  return { quota: quota ?? 0, period: period ?? 0 };
}
