import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, it } from 'mocha';
import type { ApiCall } from '../support/api-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { useDaemon } from '../support/use-daemon.ts';

const execute = promisify(execFile);

describe('/strata/v1/volumes', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const call = (path: string, request?: ApiCall) => fixture.daemon.call(`/strata/v1/volumes${path}`, request);
  const data = (name: string) => join(fixture.daemon.dataRoot, 'volumes', name, '_data');
  const inside = (name: string, script: string) =>
    ok(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      `${name}:/d`,
      '-w',
      '/d',
      fixture.image('busybox'),
      'sh',
      '-c',
      script,
    );
  const tree = async (name: string, query = '') => {
    const reply = await call(`/${name}/tree?${query}`);
    assert.equal(reply.status, 200, reply.text);
    return reply.json() as {
      entries: { path: string; file: Record<string, unknown> }[];
      next: string | null;
    };
  };

  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
    const names = (await ok('volume', 'ls', '-q')).split('\n').filter(Boolean);
    for (const name of names) await ok('volume', 'rm', name);
    assert.deepEqual(await readdir(join(fixture.daemon.dataRoot, 'tmp')), []);
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    assert.doesNotMatch(mounts, new RegExp(`${fixture.daemon.dataRoot}/volumes`));
  });

  it('lists volumes with their size and the containers that have them', async () => {
    await inside('data', 'head -c 5000 /dev/zero > f');
    const id = await ok('create', '--name', 'user', '-v', 'data:/x:ro', fixture.image('busybox'));
    const { volumes } = (await call('?size=1')).json() as { volumes: Record<string, unknown>[] };
    assert.deepEqual(
      volumes.map(({ name, size, users, anonymous }) => ({ name, size, users, anonymous })),
      [
        {
          name: 'data',
          size: 5000,
          users: [{ id, name: 'user', running: false, destination: '/x', readOnly: true }],
          anonymous: false,
        },
      ],
    );
    assert.equal((await call('/nope')).status, 404);
  });

  it('lists a directory page by page, with every type and names of any bytes', async () => {
    await inside('data', 'mkdir -m 1777 b; echo hi > a; ln -s a c; mkfifo d; chown 7:8 a; mknod e c 1 3');
    await writeFile(Buffer.concat([Buffer.from(data('data')), Buffer.from('/f\n\xff', 'latin1')]), '');
    const first = await tree('data', 'limit=3');
    assert.deepEqual(
      first.entries.map(({ path, file: { type, mode, uid, gid, linkTarget } }) => [
        path,
        type,
        mode,
        uid,
        gid,
        linkTarget,
      ]),
      [
        ['/a', 'file', 0o644, 7, 8, undefined],
        ['/b', 'directory', 0o1777, 0, 0, undefined],
        ['/c', 'symlink', 0o777, 0, 0, 'a'],
      ],
    );
    assert.equal(first.next, 'c');
    const second = await tree('data', 'after=c');
    assert.deepEqual(
      second.entries.map(({ path, file: { type, rdev } }) => [path, type, rdev]),
      [
        ['/d', 'fifo', undefined],
        ['/e', 'char', [1, 3]],
        ['/f\n\\xff', 'file', undefined],
      ],
    );
    assert.equal(second.next, null);
    const odd = await call(`/data/stat?path=${encodeURIComponent('/f\n\\xff')}`);
    assert.equal(odd.status, 200, odd.text);
  });

  it('reads a file, or a part of it', async () => {
    await inside('data', 'mkdir x; echo 0123456789 > x/f; ln -s ../x/f x/l; ln -s /x/f x/abs');
    const read = async (path: string, range?: string) => {
      const reply = await call(`/data/file?path=${path}`, range === undefined ? {} : { headers: { range } });
      return [reply.status, reply.text, reply.headers['content-range']];
    };
    assert.deepEqual(await read('/x/f'), [200, '0123456789\n', undefined]);
    assert.deepEqual(await read('/x/l'), [200, '0123456789\n', undefined]);
    assert.deepEqual(await read('/x/abs'), [200, '0123456789\n', undefined]);
    assert.deepEqual(await read('/x/f', 'bytes=2-4'), [206, '234', 'bytes 2-4/11']);
    assert.deepEqual(await read('/x/f', 'bytes=-3'), [206, '89\n', 'bytes 8-10/11']);
    assert.equal((await read('/x/f', 'bytes=99-'))[0], 416);
  });

  it('follows no symlink out of the volume, and opens neither FIFOs nor devices', async () => {
    await inside(
      'data',
      'ln -s /etc abs; ln -s ../../../../../../etc rel; mkfifo p; mknod z c 1 5; ln -s .. up; ln -s loop loop',
    );
    const statusOf = async (path: string) => (await call(`/data/file?path=${path}`)).status;
    assert.equal(await statusOf('/abs/passwd'), 404);
    assert.equal(await statusOf('/rel/passwd'), 404);
    assert.equal(await statusOf('/../../strata.db'), 400);
    assert.equal(await statusOf('/p'), 400);
    assert.equal(await statusOf('/z'), 400);
    assert.equal(await statusOf('/up'), 400);
    assert.equal(await statusOf('/loop'), 400);
    assert.equal(await statusOf('/'), 400);
    assert.match((await call('/data/file?path=/p')).text, /volume data: \/p: not a regular file/);
    assert.deepEqual((await tree('data', 'path=/up')).entries.length, 6);
  });

  it('exports an archive that GNU tar reads, and imports it with owners, modes, times and links', async () => {
    await using temp = await makeTempDir('strata-volume-');
    await inside(
      'from',
      'echo x > f; ln f g; ln -s f l; mkdir -m 2750 d; chown 5:6 d; chmod 4755 f; touch -t 200102030405 f; mkfifo p; chmod 1770 .; chown 3:4 .',
    );
    for (const compress of ['none', 'gzip', 'zstd']) {
      const archive = join(temp.path, compress);
      await execute('curl', [
        '-sf',
        '--unix-socket',
        fixture.daemon.socket,
        '-o',
        archive,
        `http://x/strata/v1/volumes/from/export?compress=${compress}`,
      ]);
      const name = `to-${compress}`;
      await ok('volume', 'create', name);
      const reply = await call(`/${name}/import`, { method: 'POST', body: await readFile(archive) });
      assert.equal(reply.status, 200, reply.text);
      const last = JSON.parse(reply.text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      assert.deepEqual(last, {
        status: 'done',
        current: (await stat(archive)).size,
        total: (await stat(archive)).size,
      });
      const listing = 'stat -c "%n %F %a %u:%g %Y %h %N" . *';
      const facts = async (volume: string) =>
        (await execute('sh', ['-c', `cd ${data(volume)} && ${listing}`])).stdout;
      assert.equal(await facts(name), await facts('from'));
    }
    const { stdout } = await execute('tar', ['-tf', join(temp.path, 'none')]);
    assert.deepEqual(stdout.trim().split('\n'), ['./', './d/', './f', './g', './l', './p']);
  });

  it('leaves a volume as it was when an import fails, and replaces its content only when asked', async () => {
    await using temp = await makeTempDir('strata-volume-');
    await mkdir(join(temp.path, 'd'));
    await writeFile(join(temp.path, 'd', 'new'), 'new');
    await execute('tar', ['-cf', join(temp.path, 'a.tar'), '-C', join(temp.path, 'd'), '.']);
    const body = await readFile(join(temp.path, 'a.tar'));
    await inside('data', 'echo old > old; mkdir d; echo x > d/x');
    const send = (query: string, content: Buffer) =>
      call(`/data/import${query}`, { method: 'POST', body: content });
    assert.equal((await send('', body)).status, 409);
    assert.equal((await send('?replace=1', body.subarray(0, 700))).status, 400);
    assert.equal((await send('?replace=1', Buffer.from('no archive'))).status, 400);
    assert.deepEqual((await readdir(data('data'))).sort(), ['d', 'old']);
    const running = await ok('run', '-d', '-v', 'data:/d', fixture.image('busybox'), 'sleep', '60');
    const refused = await send('?replace=1', body);
    assert.deepEqual([refused.status, refused.text.includes(running)], [409, true]);
    await ok('rm', '-f', running);
    assert.equal((await send('?replace=1', body)).status, 200);
    assert.deepEqual(await readdir(data('data')), ['new']);
  });

  it('mounts what the options name while it looks, also to import', async () => {
    await ok('volume', 'create', '-o', 'type=tmpfs', '-o', 'device=tmpfs', 'tm');
    assert.deepEqual((await tree('tm')).entries, []);
    await using temp = await makeTempDir('strata-volume-');
    await ok('volume', 'create', '-o', 'type=none', '-o', `device=${temp.path}`, '-o', 'o=bind', 'bound');
    await inside('from', 'echo x > f');
    const archive = (
      await execute(
        'curl',
        ['-sf', '--unix-socket', fixture.daemon.socket, 'http://x/strata/v1/volumes/from/export'],
        { encoding: 'buffer' },
      )
    ).stdout;
    assert.equal((await call('/bound/import', { method: 'POST', body: archive })).status, 200);
    assert.deepEqual(await readdir(temp.path), ['f']);
    assert.equal((await call('/bound/import', { method: 'POST', body: archive })).status, 409);
    assert.equal((await call('/bound/import?replace=1', { method: 'POST', body: archive })).status, 200);
    assert.deepEqual(await readdir(temp.path), ['f']);
  });
});
