import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'mocha';
import { fetchText } from '../../../support/call-tcp.ts';
import { freePort } from '../../../support/free-port.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { lines, type Client } from './client.ts';

/** `docker run` and `docker create` with the options that people use. */
export function runTests(client: () => Client): void {
  const run = (...args: string[]) => client().docker('run', '--rm', ...args);
  const out = async (...args: string[]) => (await client().ok('run', '--rm', ...args)).trim();

  it('run keeps the streams apart and returns the exit code', async () => {
    const result = await run('busybox', 'sh', '-c', 'echo out; echo err >&2; exit 37');
    assert.deepEqual(result, { code: 37, stdout: 'out\n', stderr: 'err\n' });
  });

  it('run returns 125, 126 and 127 where the engine refuses, the file is no program, nothing is there', async () => {
    await client().fails(125, /6MB/i, 'run', '--rm', '-m', '1m', 'busybox', 'true');
    await client().fails(126, /permission denied/i, 'run', '--rm', 'busybox', '/etc/passwd');
    await client().fails(127, /no-such-program/, 'run', '--rm', 'busybox', 'no-such-program');
    await client().fails(127, /not-there/, 'run', '--rm', '--entrypoint', '/not-there', 'busybox');
    await client().fails(125, /Invalid container name/, 'run', '--rm', '--name', 'a b', 'busybox');
  });

  it('run -it gives a terminal of the right size', async () => {
    await using terminal = client().terminal('run', '--rm', '-it', 'busybox', 'sh');
    await terminal.sees('# ');
    terminal.type('tty; stty size; exit 5\n');
    await terminal.sees(/\/dev\/pts\/0/);
    await terminal.sees('33 77');
    assert.equal(await terminal.ended(), 5);
  });

  it('run -d prints the id and leaves the container running', async () => {
    const id = await client().ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '300');
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(await client().ok('inspect', '-f', '{{.State.Running}} {{.Name}}', id), 'true /web');
  });

  it('-e, --env-file, -w, -u, --group-add and --hostname reach the program', async () => {
    const file = join(client().engine.work, 'env');
    await writeFile(file, '# a comment\nSIZE=large\n');
    const options = ['-e', 'COLOUR=green', '--env-file', file, '-w', '/srv/made', '-u', '33:33'];
    const more = ['--group-add', '44', '--hostname', 'somewhere', '--domainname', 'example.test'];
    const script = 'echo $COLOUR $SIZE $PWD $(id -u):$(id -g) $(id -G) $(hostname)';
    const said = await out(...options, ...more, 'busybox', 'sh', '-c', script);
    assert.equal(said, 'green large /srv/made 33:33 33 44 somewhere');
  });

  it('--entrypoint replaces the entrypoint and drops the command', async () => {
    assert.equal(await out('--entrypoint', 'echo', 'busybox', 'a', 'b'), 'a b');
    assert.equal(await out('--entrypoint', 'pwd', 'busybox'), '/');
  });

  it('-v binds a directory of the host, read-only where asked', async () => {
    const host = join(client().engine.work, 'bind');
    await mkdir(host, { recursive: true });
    await writeFile(join(host, 'in'), 'from the host');
    assert.equal(
      await out('-v', `${host}:/m`, 'busybox', 'sh', '-c', 'cat /m/in; echo 1 >/m/o'),
      'from the host',
    );
    assert.equal(await readFile(join(host, 'o'), 'utf8'), '1\n');
    const refused = await run('-v', `${host}:/m:ro`, 'busybox', 'touch', '/m/new');
    assert.match(refused.stderr, /Read-only file system/);
    const missing = join(host, 'made', 'by', 'engine');
    assert.equal(await out('-v', `${missing}:/m`, 'busybox', 'ls', '-A', '/m'), '');
  });

  it('--mount takes bind, volume and tmpfs, and refuses a bind whose source is missing', async () => {
    const host = join(client().engine.work, 'mount');
    await mkdir(host, { recursive: true });
    await writeFile(join(host, 'in'), 'x');
    const bind = `type=bind,source=${host},target=/m,readonly`;
    const options = [
      '--mount',
      bind,
      '--mount',
      'type=volume,src=kept,dst=/v',
      '--mount',
      'type=tmpfs,dst=/t',
    ];
    const script =
      'cat /m/in; touch /m/no 2>/dev/null || echo -ro; touch /v/yes /t/yes; grep " /t " /proc/mounts';
    assert.match(await out(...options, 'busybox', 'sh', '-c', script), /^x-ro\ntmpfs \/t tmpfs/);
    assert.equal(await out('-v', 'kept:/v', 'busybox', 'ls', '/v'), 'yes');
    const wrong = ['--mount', `type=bind,source=${host}/none,target=/m`, 'busybox', 'true'];
    await client().fails(125, /bind source path does not exist/, 'run', '--rm', ...wrong);
  });

  it('-p publishes a port that answers HTTP on the host', async () => {
    const port = await freePort();
    await client().ok('run', '-d', '--name', 'web', '-p', `127.0.0.1:${port}:80`, 'nginx');
    const page = await waitFor('the page', () => fetchText(`http://127.0.0.1:${port}/`));
    assert.match(page, /nginx in a container/);
    assert.equal(await client().ok('port', 'web', '80'), `127.0.0.1:${port}`);
    assert.equal(await client().ok('port', 'web'), `80/tcp -> 127.0.0.1:${port}`);
    const table = await client().ok('ps', '--format', '{{.Ports}}');
    assert.equal(table, `127.0.0.1:${port}->80/tcp`);
    const taken = ['run', '-d', '-p', `127.0.0.1:${port}:80`, 'nginx'];
    await client().fails(125, /port is already allocated|address already in use/, ...taken);
  });

  it('-P publishes every exposed port on one that is free', async () => {
    await client().ok('run', '-d', '--name', 'web', '-P', 'nginx');
    const address = lines(await client().ok('port', 'web', '80/tcp'))[0] ?? '';
    const page = () => fetchText(`http://127.0.0.1:${address.split(':').at(-1)}/`);
    assert.match(await waitFor('the page', page), /nginx/);
  });

  it('limits are those of the command line, in inspect and in the kernel', async () => {
    const limits = ['-m', '64m', '--cpus', '0.5', '--pids-limit', '40', '--cpu-shares', '512'];
    const more = ['--shm-size', '8m', '--ulimit', 'nofile=100:200', '--cpuset-cpus', '0'];
    const script = 'ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2; nproc';
    const args = ['run', '--name', 'small', ...limits, ...more, 'busybox', 'sh', '-c', script];
    assert.equal(await client().ok(...args), '100\n200\n8192\n1');
    const fields = ['Memory', 'NanoCpus', 'PidsLimit', 'CpuShares', 'ShmSize', 'CpusetCpus'];
    const format = fields.map((name) => `{{.HostConfig.${name}}}`).join(' ');
    assert.equal(await client().ok('inspect', '-f', format, 'small'), '67108864 500000000 40 512 8388608 0');
  });

  it('capabilities, read-only roots, tmpfs, sysctls and privileges are as asked', async () => {
    assert.equal((await run('--cap-drop', 'CHOWN', 'busybox', 'chown', '33', '/tmp')).code, 1);
    const mount = ['busybox', 'mount', '-t', 'tmpfs', 'x', '/mnt'];
    assert.notEqual((await run(...mount)).code, 0);
    const script = 'mkdir -p /mnt && mount -t tmpfs x /mnt && echo mounted';
    assert.equal(await out('--privileged', 'busybox', 'sh', '-c', script), 'mounted');
    const scratch = 'touch /x; touch /scratch/y && echo fine';
    const locked = await run('--read-only', '--tmpfs', '/scratch', 'busybox', 'sh', '-c', scratch);
    assert.match(locked.stderr, /Read-only/);
    assert.equal(locked.stdout, 'fine\n');
    const sysctl = ['--sysctl', 'net.ipv4.ip_unprivileged_port_start=99'];
    const name = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    assert.equal(await out(...sysctl, 'busybox', 'cat', name), '99');
  });

  it('names are resolved as --add-host, --dns and --link of networks say', async () => {
    const hosts = ['--add-host', 'db:10.1.2.3', '--dns', '10.9.9.9', '--dns-search', 'example.test'];
    const script = 'grep 10.1.2.3 /etc/hosts; cat /etc/resolv.conf';
    const said = await out(...hosts, 'busybox', 'sh', '-c', script);
    assert.match(said, /^10\.1\.2\.3\s+db\n/);
    assert.match(said, /nameserver 10\.9\.9\.9/);
    assert.match(said, /search example\.test/);
  });

  it('namespaces can be those of the host, of another container, or none', async () => {
    assert.equal(await out('--network', 'none', 'busybox', 'ls', '/sys/class/net'), 'lo');
    await client().sleeper('first');
    const name = await client().ok('exec', 'first', 'hostname');
    assert.equal(await out('--network', 'container:first', 'busybox', 'hostname'), name);
    assert.match(await out('--pid', 'container:first', 'busybox', 'ps'), /sleep 300/);
    assert.equal(
      await out('--pid', 'host', 'busybox', 'cat', '/proc/1/comm'),
      (await readFile('/proc/1/comm', 'utf8')).trim(),
    );
  });

  it('--init puts a small init in front of the program', async () => {
    const init = await out('--init', 'busybox', 'sh', '-c', 'cat /proc/1/comm; echo $$');
    assert.doesNotMatch(init, /^sh\n/);
    assert.doesNotMatch(init, /\n1$/);
  });

  it('-i carries standard input and its end', async () => {
    const result = await client().piped('one\ntwo\n', 'run', '--rm', '-i', 'busybox', 'wc', '-l');
    assert.deepEqual(result, { code: 0, stdout: '2\n', stderr: '' });
  });

  it('--cidfile, --label and --label-file are kept; --rm takes anonymous volumes away', async () => {
    const cidfile = join(client().engine.work, `cid-${Date.now()}`);
    await client().ok(
      'run',
      '-d',
      '--rm',
      '--cidfile',
      cidfile,
      '--label',
      'a=b',
      '-v',
      '/data',
      'busybox',
      'sleep',
      '300',
    );
    const id = await readFile(cidfile, 'utf8');
    assert.equal(await client().ok('inspect', '-f', '{{index .Config.Labels "a"}}', id), 'b');
    assert.equal(lines(await client().ok('volume', 'ls', '-q')).length, 1);
    await client().ok('kill', id);
    await waitFor('removal', async () => (await client().ok('ps', '-aq')) === '');
    assert.equal(await client().ok('volume', 'ls', '-q'), '');
  });
}
