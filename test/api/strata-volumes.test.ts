import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { readXattrs, setXattr } from '../../backend/linux/xattr.ts';
import { useVolumes } from '../support/use-volumes.ts';

describe('/strata/v1/volumes', function () {
  this.timeout(30_000);
  const { fixture, ok, call, data, inside, onHost } = useVolumes();
  const tree = async (name: string, query = '') => {
    const reply = await call(`/${name}/tree?${query}`);
    assert.equal(reply.status, 200, reply.text);
    return reply.json() as {
      entries: { path: string; file: Record<string, unknown> }[];
      next: string | null;
    };
  };

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

  it('writes a file as a whole, and keeps the owner, mode and attributes that it had', async () => {
    await inside(
      'data',
      'mkdir d; chown 5:6 d; echo long old content > d/f; chown 7:8 d/f; chmod 4640 d/f; ln -s d/f l',
    );
    setXattr(Buffer.from(`${data('data')}/d/f`), Buffer.from('user.note'), Buffer.from('kept'));
    const put = (query: string, body = 'new') => call(`/data/file?${query}`, { method: 'PUT', body });
    assert.equal((await put('path=/l')).status, 200);
    const facts = async (path: string) => (await onHost('data', `stat -c '%F %a %u:%g %s' .${path}`)).trim();
    assert.equal(await facts('/d/f'), 'regular file 4640 7:8 3');
    assert.equal(
      readXattrs(Buffer.from(`${data('data')}/d/f`))
        .get('user.note')
        ?.toString(),
      'kept',
    );
    assert.equal(await facts('/l'), 'symbolic link 777 0:0 3');
    assert.equal((await put('path=/d/fresh')).status, 200);
    assert.equal(await facts('/d/fresh'), 'regular file 644 5:6 3');
    assert.equal((await put('path=/d/own&mode=600&uid=9&gid=10')).status, 200);
    assert.equal(await facts('/d/own'), 'regular file 600 9:10 3');
    assert.equal((await put('path=/d/none&create=0')).status, 404);
    assert.equal((await put('path=/none/x')).status, 404);
    assert.equal((await put('path=/d')).status, 400);
    assert.equal((await put('path=/d/x&mode=999')).status, 400);
    assert.deepEqual((await readdir(join(data('data'), 'd'))).sort(), ['f', 'fresh', 'own']);
  });

  it('leaves nothing of a file whose client goes away', async () => {
    await inside('data', 'echo old > f');
    const socket = connect(fixture.daemon.socket);
    socket.write(
      'PUT /strata/v1/volumes/data/file?path=/f HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf',
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(await readFile(join(data('data'), 'f'), 'utf8'), 'old\n');
    assert.deepEqual(await readdir(data('data')), ['f']);
  });

  it('makes directories, renames and deletes', async () => {
    await inside('data', 'mkdir a; echo x > a/f; echo y > g; ln -s /etc out');
    const post = (path: string, body?: unknown) => call(`/data/${path}`, { method: 'POST', body });
    const remove = (query: string) => call(`/data/file?${query}`, { method: 'DELETE' });
    assert.equal((await post('directories?path=/b&mode=2770&uid=3')).status, 201);
    assert.equal((await post('directories?path=/b')).status, 409);
    assert.equal((await post('directories?path=/no/b')).status, 404);
    assert.equal((await post('rename', { from: '/a/f', to: '/b/h' })).status, 200);
    assert.equal((await post('rename', { from: '/b/h', to: '/g' })).status, 409);
    assert.equal((await post('rename', { from: '/none', to: '/g' })).status, 404);
    assert.equal((await post('rename', { from: '/b', to: '/b/c' })).status, 400);
    assert.equal((await post('rename', { from: '/b/h', to: '/g', overwrite: true })).status, 200);
    assert.equal(await readFile(join(data('data'), 'g'), 'utf8'), 'x\n');
    assert.equal((await post('rename', { from: '/b', to: '/a/c' })).status, 200);
    assert.equal((await remove('path=/a')).status, 409);
    assert.equal((await remove('path=/a&recursive=1')).status, 204);
    assert.equal((await remove('path=/out')).status, 204);
    assert.equal((await remove('path=/out')).status, 404);
    assert.equal((await remove('path=/')).status, 400);
    assert.deepEqual(await readdir(data('data')), ['g']);
    await ok('volume', 'create', '-o', 'type=tmpfs', '-o', 'device=tmpfs', '-o', 'o=ro', 'fixed');
    assert.equal((await call('/fixed/directories?path=/b', { method: 'POST' })).status, 403);
    assert.equal((await call('/fixed/file?path=/b', { method: 'PUT', body: 'x' })).status, 403);
  });
});
