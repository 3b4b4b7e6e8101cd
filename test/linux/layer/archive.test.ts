import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { setXattr } from '../../../backend/linux/xattr.ts';
import { archiveFixture, readTar, type ArchiveFixture } from '../../support/archive-fixture.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

describe('archives of a stranger’s tree', () => {
  let fixture: ArchiveFixture;
  let dir: TempDir;
  before(() => {
    fixture = archiveFixture();
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(async () => {
    dir = await makeTempDir();
  });
  afterEach(() => dir[Symbol.asyncDispose]());

  const at = (path: string): string => join(dir.path, path);
  const view = (path = dir.path) => ({ kind: 'directory', path }) as const;
  const names = async (path: string): Promise<string[]> =>
    readTar((await fixture.pack(view(), path)).archive).map(({ name }) => name);

  async function makeTree(): Promise<void> {
    mkdirSync(at('d/sub'), { recursive: true });
    writeFileSync(at('d/big'), Buffer.alloc(700_000, 'b'));
    writeFileSync(at('d/f'), 'hello');
    chownSync(at('d/f'), 12, 34);
    chmodSync(at('d/f'), 0o6711);
    setXattr(Buffer.from(at('d/f')), Buffer.from('user.k'), Buffer.from([0, 0xff]));
    linkSync(at('d/f'), at('d/g'));
    symlinkSync('/etc/passwd', at('d/l'));
    execFileSync('mknod', [at('d/dev'), 'c', '1', '5']);
    execFileSync('mknod', [at('d/pipe'), 'p']);
    writeFileSync(Buffer.from(at('d/sub/\xff\n'), 'latin1'), '');
    utimesSync(at('d/f'), 1.5, 1_500_000_000.25);
    lutimesSync(at('d/l'), 1, -5);
  }

  it('hold everything that they were made of', async () => {
    await makeTree();
    const { archive } = await fixture.pack(view(), '/d');
    mkdirSync(at('copy'));
    await fixture.unpack(view(at('copy')), archive);
    const list = (root: string): string =>
      execFileSync('find', ['.', '-printf', '%P|%y|%m|%U:%G|%s|%T@|%n|%l\\n'], {
        cwd: root,
        encoding: 'latin1',
      })
        .split('\n')
        .toSorted()
        .join('\n');
    assert.equal(list(at('copy/d')), list(at('d')));
    assert.ok(readFileSync(at('d/big')).equals(readFileSync(at('copy/d/big'))));
    const [copied] = readTar((await fixture.pack(view(), '/copy/d/f')).archive);
    assert.deepEqual(copied?.xattrs.get('user.k'), Buffer.from([0, 0xff]));
  });

  it('are named by what was asked for', async () => {
    mkdirSync(at('d/sub'), { recursive: true });
    writeFileSync(at('d/f'), '');
    symlinkSync('d', at('link'));
    assert.deepEqual(await names('/d'), ['d/', 'd/f', 'd/sub/']);
    assert.deepEqual(await names('/d/'), ['d/', 'd/f', 'd/sub/']);
    assert.deepEqual(await names('/d/.'), ['./', './f', './sub/']);
    assert.deepEqual(await names('/d/f'), ['f']);
    assert.deepEqual(await names('/link'), ['link']);
    assert.deepEqual(await names('/link/'), ['link/', 'link/f', 'link/sub/']);
    assert.deepEqual(await names('/link/.'), ['./', './f', './sub/']);
    assert.deepEqual(await names('/'), ['/', '/d/', '/d/f', '/d/sub/', '/link']);
    assert.deepEqual(await names('/.'), ['./', './d/', './d/f', './d/sub/', './link']);
  });

  it('the stat of a symlink says where it leads in the end, inside the root', async () => {
    symlinkSync('/b', at('a'));
    symlinkSync('../../c/./d/../e', at('b'));
    symlinkSync('self', at('self'));
    const target = async (path: string): Promise<string> =>
      (await fixture.pack(view(), path)).stat.linkTarget;
    assert.equal(await target('/a'), '/c/e');
    mkdirSync(at('c'));
    symlinkSync('/', at('c/e'));
    assert.equal(await target('/a'), '/');
    assert.equal(await target('/self'), '/self');
  });

  it('what is missing or no directory is told', async () => {
    writeFileSync(at('f'), '');
    symlinkSync('loop', at('loop'));
    await assert.rejects(fixture.pack(view(), '/nope'), { code: 'not-found' });
    await assert.rejects(fixture.pack(view(), '/nope/x'), { code: 'not-found' });
    await assert.rejects(fixture.pack(view(), '/f/'), {
      code: 'invalid-argument',
      message: 'not a directory',
    });
    await assert.rejects(fixture.pack(view(), '/f/x'), {
      code: 'invalid-argument',
      message: 'not a directory',
    });
    await assert.rejects(fixture.pack(view(), '/loop/x'), /too many levels of symbolic links/);
  });

  it('sockets are left out', async () => {
    const server = createServer().listen(at('s'));
    await once(server, 'listening');
    writeFileSync(at('f'), '');
    assert.deepEqual(await names('/.'), ['./', './f']);
    server.close();
  });

  it('ids are the container’s; those that it does not have are nobody’s', async () => {
    writeFileSync(at('f'), '');
    writeFileSync(at('g'), '');
    chownSync(at('f'), 100_007, 100_008);
    const mapping = { hostId: 100_000, size: 1000 };
    const { content } = fixture.workers.read(view(), { kind: 'export', mapping });
    const entries = readTar(Buffer.concat((await content.toArray()) as Buffer[]));
    assert.deepEqual(
      entries.map(({ name, uid, gid }) => [name, uid, gid]),
      [
        ['f', 7, 8],
        ['g', 65534, 65534],
      ],
    );
  });

  it('capabilities of one user namespace are written as everybody’s', async () => {
    writeFileSync(at('f'), '');
    // vfs_ns_cap_data: revision 3, cap_net_raw permitted, root 100000.
    const value = Buffer.alloc(24);
    value.writeUInt32LE(0x03000001, 0);
    value.writeUInt32LE(1 << 13, 4);
    value.writeUInt32LE(100_000, 20);
    setXattr(Buffer.from(at('f')), Buffer.from('security.capability'), value);
    const [entry] = readTar((await fixture.pack(view(), '/f')).archive);
    const expected = Buffer.from(value.subarray(0, 20));
    expected.writeUInt32LE(0x02000001, 0);
    assert.deepEqual(entry?.xattrs.get('security.capability'), expected);
  });

  it('an upper directory becomes a layer with whiteouts and opaque markers', async () => {
    mkdirSync(at('d'));
    setXattr(Buffer.from(at('d')), Buffer.from('trusted.overlay.opaque'), Buffer.from('y'));
    execFileSync('mknod', [at('gone'), 'c', '0', '0']);
    writeFileSync(at('d/new'), 'n');
    mkdirSync(at('left/out'), { recursive: true });
    const task = { kind: 'layer', leaveOut: new Set(['left']), mapping: null } as const;
    const { content } = fixture.workers.read(view(), task);
    const entries = readTar(Buffer.concat((await content.toArray()) as Buffer[]));
    assert.deepEqual(
      entries.map(({ name, type }) => `${type} ${name}`),
      ['directory d/', 'file d/.wh..wh..opq', 'file d/new', 'file .wh.gone'],
    );
    assert.equal(entries[0]?.xattrs.size, 0);
  });

  it('a reader that goes away ends the work; one that waits gets no more than a window', async () => {
    writeFileSync(at('huge'), '');
    truncateSync(at('huge'), 2 ** 43);
    const started = process.memoryUsage.rss();
    const streams = [1, 2, 3].map(
      () => fixture.workers.read(view(), { kind: 'export', mapping: null }).content,
    );
    for (const stream of streams) await once(stream, 'readable');
    await sleep(300);
    assert.ok(process.memoryUsage.rss() - started < 150e6);
    for (const stream of streams) stream.destroy();
    // The workers are free again, and close.
    assert.deepEqual(await names('/nope').catch((error: { code: string }) => error.code), 'not-found');
  });

  it('a thread that dies is told to whoever waits', async () => {
    const gone = { kind: 'directory', path: at('nope') } as const;
    const { opened, content } = fixture.workers.read(gone, { kind: 'export', mapping: null });
    await assert.rejects(opened, /ENOENT/);
    await assert.rejects(content.toArray(), /ENOENT/);
  });

  it('deep directories and many files are no trouble', async function () {
    this.timeout(20_000);
    execFileSync(
      'sh',
      ['-c', 'for i in $(seq 1 300); do mkdir d; cd d; done; for i in $(seq 1 2000); do : >f$i; done'],
      {
        cwd: dir.path,
      },
    );
    const { archive } = await fixture.pack(view(), '/.');
    mkdirSync(at('copy'));
    assert.equal(readTar(archive).length, 2301);
    await fixture.unpack(view(at('copy')), archive);
    const count = execFileSync('sh', ['-c', 'find copy | wc -l'], { cwd: dir.path, encoding: 'utf8' });
    assert.equal(Number(count), 2301);
  });
});
