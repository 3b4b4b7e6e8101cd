import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'mocha';
import { readXattrs, setXattr } from '../../backend/linux/xattr.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';
import { useVolumes } from '../support/use-volumes.ts';

const execute = promisify(execFile);

describe('/strata/v1/volumes: export, import and clone', function () {
  this.timeout(30_000);
  const { fixture, ok, call, data, inside, onHost } = useVolumes();

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
      const facts = (volume: string) => onHost(volume, listing);
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
    assert.equal((await call('/tm/tree')).text, '{"path":"/","entries":[],"next":null}\n');
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

  it('clones a volume with owners, modes, times, attributes, links and holes', async () => {
    await inside(
      'from',
      'echo x > f; ln f g; ln -s f l; mkdir -m 2750 d; chown 5:6 d; chmod 4755 f; mkfifo p; mknod z c 1 3; truncate -s 50M hole; echo end >> hole; mkdir d/e; ln f d/e/h; touch -t 200102030405 f d; chmod 1770 .; chown 3:4 .',
    );
    setXattr(Buffer.from(`${data('from')}/f`), Buffer.from('user.note'), Buffer.from('kept'));
    const odd = Buffer.concat([Buffer.from(data('from')), Buffer.from('/o\n\xff', 'latin1')]);
    await writeFile(odd, 'odd');
    const clone = (name: string) =>
      call('/from/clone', { method: 'POST', body: { name, labels: { a: 'b' } } });
    const reply = await clone('to');
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.text, /"status":"done"/);
    const listing =
      'find . -printf "%P %y %m %U:%G %s %T@ %n %l %b\n" | sort; ls -b; find . -type f -print0 | sort -z | xargs -0 md5sum';
    const facts = (volume: string) => onHost(volume, listing);
    assert.equal(await facts('to'), await facts('from'));
    assert.match(await facts('to'), /hole f 644 0:0 52428804 .* 1  (?:8|16)\n/);
    assert.equal(
      readXattrs(Buffer.from(`${data('to')}/d/e/h`))
        .get('user.note')
        ?.toString(),
      'kept',
    );
    assert.equal((await stat(join(data('to'), 'f'))).ino, (await stat(join(data('to'), 'd/e/h'))).ino);
    assert.equal(await ok('volume', 'inspect', '-f', '{{.Labels.a}} {{.Driver}}', 'to'), 'b local');
    assert.equal((await clone('to')).status, 409);
    assert.equal((await clone('b/d')).status, 400);
    assert.equal((await call('/nope/clone', { method: 'POST', body: { name: 'xx' } })).status, 404);
  });

  it('keeps owner and mode of a volume whose archive does not say any, also while a container uses it', async () => {
    await using temp = await makeTempDir('strata-volume-');
    await writeFile(join(temp.path, 'f'), 'f');
    const { stdout: archive } = await execute('tar', ['-c', '-C', temp.path, 'f'], { encoding: 'buffer' });
    await inside('idle', 'chown 7:8 .; chmod 2750 .');
    await inside('busy', 'chown 7:8 .; chmod 2750 .');
    const id = await ok('run', '-d', '-v', 'busy:/d', fixture.image('busybox'), 'sleep', '60');
    for (const name of ['idle', 'busy']) {
      assert.equal((await call(`/${name}/import`, { method: 'POST', body: archive })).status, 200);
      assert.equal(await onHost(name, "stat -c '%n %a %u:%g' . f"), '. 2750 7:8\nf 644 0:0\n');
    }
    assert.equal(await ok('exec', id, 'cat', '/d/f'), 'f');
  });

  it('leaves nothing of a clone or an import whose client goes away', async () => {
    await inside('from', 'for i in $(seq 40); do head -c 5000000 /dev/urandom > f$i; done');
    await ok('volume', 'create', 'to');
    const request = async (text: string, after: number) => {
      const socket = connect(fixture.daemon.socket).on('error', () => undefined);
      socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, after));
      socket.destroy();
    };
    const body = '{"name":"never"}';
    await request(
      `POST /strata/v1/volumes/from/clone HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      60,
    );
    await request(
      'POST /strata/v1/volumes/to/import HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf',
      200,
    );
    const tmp = join(fixture.daemon.dataRoot, 'tmp');
    await waitFor('nothing half', async () => (await readdir(tmp)).length === 0);
    assert.equal(await ok('volume', 'ls', '-q'), 'from\nto');
    assert.equal(await onHost('to', 'ls -A'), '');
  });

  it('never leads out of a volume whose container swaps directories and symlinks', async () => {
    await using secret = await makeTempDir('strata-secret-');
    await writeFile(join(secret.path, 'f'), 'secret');
    const swap = `mkdir -p a; echo safe > a/f; while :; do mv a b; ln -s ${secret.path} a; rm a; mv b a; done`;
    await ok('run', '-d', '-v', 'race:/d', '-w', '/d', fixture.image('busybox'), 'sh', '-c', swap);
    const seen = new Set<string>();
    for (let at = 0; at < 100; at += 1) {
      const reply = await call('/race/file?path=/a/f');
      seen.add(`${reply.status} ${reply.status === 200 ? reply.text : ''}`);
      assert.doesNotMatch(reply.text, /secret/);
      await call('/race/file?path=/a/new', { method: 'PUT', body: 'x' });
      await call('/race/file?path=/a&recursive=1', { method: 'DELETE' });
      await call('/race/directories?path=/a', { method: 'POST' });
      await call('/race/file?path=/a/f', { method: 'PUT', body: 'safe' });
    }
    assert.ok(seen.has('200 safe'), [...seen].join());
    for (let at = 0; at < 10; at += 1) {
      const name = `copy${at}`;
      const { status } = await call('/race/clone', { method: 'POST', body: { name } });
      assert.equal(status, 200);
      // A symlink is copied as one; recursive grep follows none.
      assert.equal(await onHost(name, 'grep -rl secret . || true'), '');
      assert.doesNotMatch((await call('/race/export')).text, /\0secret/);
    }
    assert.deepEqual(await readdir(secret.path), ['f']);
    assert.equal(await readFile(join(secret.path, 'f'), 'utf8'), 'secret');
  });

  it('leaves nothing of a clone and an import that the daemon did not survive', async () => {
    await inside('from', 'for i in $(seq 60); do head -c 5000000 /dev/urandom > f$i; done');
    await ok('volume', 'create', 'to');
    const tmp = join(fixture.daemon.dataRoot, 'tmp');
    const lost = assert.rejects(call('/from/clone', { method: 'POST', body: { name: 'never' } }));
    const socket = connect(fixture.daemon.socket).on('error', () => undefined);
    socket.write(
      'POST /strata/v1/volumes/to/import?replace=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf',
    );
    await waitFor('both under way', async () => (await readdir(tmp)).length === 2);
    await fixture.daemon.kill();
    await lost;
    await fixture.daemon.start();
    await waitFor('nothing half', async () => (await readdir(tmp)).length === 0);
    assert.equal(await ok('volume', 'ls', '-q'), 'from\nto');
    assert.equal(await onHost('to', 'ls -A'), '');
  });
});
