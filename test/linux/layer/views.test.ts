import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { startTimeOf } from '../../../backend/linux/proc-stat.ts';
import { archiveFixture, readTar } from '../../support/archive-fixture.ts';
import { tarArchive } from '../../support/tar-archive.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('a tree whose owner swaps names while it is read and written', function () {
  this.timeout(20_000);

  it('never leads out of its root', async () => {
    await using dir = await makeTempDir();
    await using fixture = archiveFixture();
    const at = (path: string): string => join(dir.path, path);
    for (const path of ['root/d/sub', 'root/real/sub', 'host/sub']) mkdirSync(at(path), { recursive: true });
    for (const path of ['root/d/sub/f', 'root/real/sub/f']) writeFileSync(at(path), 'inside');
    writeFileSync(at('host/sub/f'), 'SECRET');
    // What a hostile process does: a name is a directory, then a symlink to the host's, as fast as it can.
    const swap = `const fs = require('fs'); process.chdir(${JSON.stringify(at('root'))});
      const attempt = (work) => { try { work(); } catch { /* The other side was faster. */ } };
      for (;;) {
        attempt(() => fs.renameSync('d', 'x'));
        attempt(() => fs.symlinkSync(${JSON.stringify(at('host'))}, 'd'));
        for (let i = 0; i < 20; i++) fs.existsSync('y');
        attempt(() => fs.unlinkSync('d'));
        attempt(() => fs.rmSync('d', { recursive: true, force: true }));
        attempt(() => fs.renameSync('x', 'd'));
      }`;
    const child = spawn(process.execPath, ['-e', swap], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    try {
      const view = { kind: 'directory', path: at('root') } as const;
      const archive = tarArchive([
        { name: 'sub/evil', content: 'x' },
        { name: 'd/sub/evil2', content: 'x' },
      ]);
      const seen = { read: 0, written: 0 };
      const end = Date.now() + 4000;
      while (Date.now() < end) {
        for (const path of ['/', '/d', '/d/sub', '/d/sub/f'])
          try {
            const packed = await fixture.pack(view, path);
            seen.read += 1;
            assert.ok(!packed.archive.includes('SECRET'), path);
          } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
          }
        for (const path of ['/d', '/'])
          await fixture.unpack(view, archive, { path }).then(
            () => (seen.written += 1),
            () => undefined,
          );
      }
      assert.ok(seen.read > 10 && seen.written > 10, JSON.stringify(seen));
      assert.deepEqual(readdirSync(at('host')), ['sub']);
      assert.deepEqual(readdirSync(at('host/sub')), ['f']);
    } finally {
      assert.equal(child.exitCode, null, 'the hostile process ran to the end');
      child.kill('SIGKILL');
      await exit;
    }
  });
});

describe('views of a container', () => {
  it('mounts of a view are seen by its job alone and leave nothing behind', async () => {
    await using dir = await makeTempDir();
    await using fixture = archiveFixture();
    const at = (path: string): string => join(dir.path, path);
    for (const path of ['rootfs', 'volume', 'inner']) mkdirSync(at(path));
    writeFileSync(at('volume/v'), 'v');
    writeFileSync(at('inner/i'), 'i');
    writeFileSync(at('file'), 'f');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', at('rootfs')]);
    try {
      symlinkSync('/', at('rootfs/up'));
      const before = readFileSync('/proc/self/mountinfo', 'utf8');
      const mounts = [
        { source: at('volume'), destination: '/up/data', readOnly: true },
        { source: at('inner'), destination: '/other/deep', readOnly: false },
        { source: at('file'), destination: '/etc/file', readOnly: false },
        { source: null, destination: '/tmp', readOnly: false },
      ];
      const view = { kind: 'mounts', mountPoint: at('rootfs'), mounts, owner: 0 } as const;
      const { archive } = await fixture.pack(view, '/.');
      assert.deepEqual(
        readTar(archive).map(({ name }) => name),
        [
          './',
          './data/',
          './data/v',
          './etc/',
          './etc/file',
          './other/',
          './other/deep/',
          './other/deep/i',
          './tmp/',
          './up',
        ],
      );
      const one = tarArchive([{ name: 'new', content: 'n' }]);
      await assert.rejects(fixture.unpack(view, one, { path: '/data' }), { code: 'forbidden' });
      await fixture.unpack(view, one, { path: '/other/deep' });
      assert.equal(readFileSync(at('inner/new'), 'utf8'), 'n');
      await fixture.unpack(view, one, { path: '/tmp' });
      // A mount below what would give way stays, with what is in it.
      for (const name of ['data', 'other', 'etc/file'])
        await assert.rejects(fixture.unpack(view, tarArchive([{ name, content: 'x' }])), {
          code: 'conflict',
        });
      assert.deepEqual(readdirSync(at('inner')).sort(), ['i', 'new']);
      assert.deepEqual(readdirSync(at('rootfs')).sort(), ['data', 'etc', 'other', 'tmp', 'up']);
      assert.deepEqual(readdirSync(at('rootfs/tmp')), []);
      assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before);
    } finally {
      await fixture.workers.close();
      execFileSync('umount', [at('rootfs')]);
    }
  });

  it('a running process’ root has its mounts, and its magic links lead nowhere', async () => {
    await using dir = await makeTempDir();
    await using fixture = archiveFixture();
    mkdirSync(join(dir.path, 'proc'));
    const script =
      'mount -t tmpfs tmpfs "$0" && mkdir "$0/proc" "$0/m" && mount -t proc proc "$0/proc" && : > "$0/ready" && exec sleep 1000';
    const child = spawn('unshare', ['-m', 'chroot', '/', 'sh', '-c', script, dir.path], { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    try {
      await waitFor('the mounts', () => readdirSync(`/proc/${pid}/root${dir.path}`).includes('ready'));
      const view = { kind: 'process', pid, startTime: startTimeOf(pid) ?? 0 } as const;
      const list = async (path: string) =>
        readTar((await fixture.pack(view, `${dir.path}/${path}`)).archive).map(({ name }) => name);
      assert.deepEqual(await list('.'), ['./', './m/', './proc/', './ready']);
      assert.deepEqual(readdirSync(dir.path), ['proc']);
      // By its text the link leads to the root of the tree; by its magic it would lead to that of any process.
      await assert.rejects(list(`proc/${process.pid}/fd/0/x`), { code: /not-found|invalid-argument/ });
      await assert.rejects(fixture.pack({ ...view, startTime: 1 }, '/'), /stopped meanwhile/);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
