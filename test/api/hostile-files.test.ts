import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { tarArchive, type ArchiveEntry } from '../support/tar-archive.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

describe('copies under attack and in trouble', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const docker = (...args: string[]) => fixture.daemon.docker(args);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const busybox = () => fixture.image('busybox');
  const mounts = () =>
    readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(fixture.daemon.root));
  const put = (container: string, path: string, body: Buffer) =>
    fixture.daemon.call(`/containers/${container}/archive?path=${path}`, { method: 'PUT', body });
  let dir: TempDir;
  const at = (path: string): string => join(dir.path, path);

  before(async () => {
    dir = await makeTempDir();
    await ok('run', '-d', '--name', 'up', busybox(), 'sleep', '1000');
  });
  after(() => dir[Symbol.asyncDispose]());

  it('hostile archives harm neither the host nor other files of the container', async () => {
    const evil: ArchiveEntry[][] = [
      [{ name: '../../../../etc/strata-evil', content: 'x' }],
      [
        { name: 'l', type: '2', link: '/etc' },
        { name: 'l/passwd', content: 'x' },
      ],
      [{ name: 'h', type: '1', link: '../../etc/passwd' }],
    ];
    const before = await ok('exec', 'up', 'md5sum', '/etc/passwd');
    for (const entries of evil) assert.equal((await put('up', '/tmp', tarArchive(entries))).status, 400);
    assert.equal(await ok('exec', 'up', 'md5sum', '/etc/passwd'), before);
    assert.equal((await docker('exec', 'up', 'ls', '/etc/strata-evil')).code, 1);
  });

  it('a process that swaps a directory for a symlink to / never gets at the host', async () => {
    await ok('exec', 'up', 'mkdir', '-p', '/swap/d/var/tmp');
    const loop = 'cd /swap; while :; do mv d x; ln -s / d; rm -f d; mv x d; done 2>/dev/null';
    await ok('exec', '-d', 'up', 'sh', '-c', loop);
    const secret = at('secret');
    writeFileSync(secret, 'of the host');
    const archive = tarArchive([{ name: `d${dir.path}/evil`, content: 'x' }]);
    for (let times = 0; times < 40; times += 1) {
      await put('up', '/swap', archive);
      const { text } = await fixture.daemon.call(`/containers/up/archive?path=/swap/d${secret}`);
      assert.ok(!text.includes('of the host'));
    }
    assert.deepEqual(readdirSync(dir.path).includes('evil'), false);
    await ok('restart', '-t', '0', 'up');
  });

  it('a client that goes away ends the copy', async () => {
    await ok('exec', 'up', 'truncate', '-s', '1000G', '/tmp/huge');
    const threads = () => readdirSync(`/proc/${fixture.daemon.pid}/task`).length;
    const descriptors = () => readdirSync(`/proc/${fixture.daemon.pid}/fd`).length;
    const before = descriptors();
    for (let times = 0; times < 3; times += 1) {
      const outgoing = request({
        socketPath: fixture.daemon.socket,
        path: '/containers/up/archive?path=/tmp/huge',
        agent: false,
      });
      outgoing.end();
      await new Promise<void>((resolve) =>
        outgoing.once('response', (response) => response.once('data', () => resolve())),
      );
      outgoing.on('error', () => undefined).destroy();
    }
    await waitFor('the end of the copies', () => threads() < 40 && descriptors() <= before + 12);
    assert.ok(processMemory(fixture.daemon.pid) < 400e6);
    await ok('exec', 'up', 'rm', '/tmp/huge');
  });

  it('a copy that nobody reads holds up nobody: the container starts, stops and goes', async () => {
    const before = mounts().length;
    await ok('create', '--name', 'busy', busybox(), 'sleep', '1000');
    writeFileSync(at('big'), Buffer.alloc(20e6, 'x'));
    await ok('cp', at('big'), 'busy:/tmp/big');
    const outgoing = request({
      socketPath: fixture.daemon.socket,
      path: '/containers/busy/export',
      agent: false,
    });
    outgoing.on('error', () => undefined).end();
    await new Promise<void>((resolve) => outgoing.once('response', () => resolve()));
    await ok('start', 'busy');
    await ok('exec', 'busy', 'ls', '/tmp/big');
    await ok('rm', '-f', 'busy');
    outgoing.destroy();
    await waitFor('the end of its mounts', () => mounts().length === before);
  });
});

function processMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
