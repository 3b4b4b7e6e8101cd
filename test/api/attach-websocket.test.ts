import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import { WebSocket } from 'ws';
import { rawClient, rawRequest } from '../support/fakes/api-socket.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const EVERYTHING = 'stream=1&stdin=1&stdout=1&stderr=1';

describe('attaching by WebSocket', function () {
  this.timeout(60_000);
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const run = (name: string, options: string[], script: string) =>
    ok(
      'run',
      '-d',
      '--name',
      name,
      '--network=none',
      ...options,
      fixture.image('busybox'),
      'sh',
      '-c',
      script,
    );

  /** A client and what it has heard. */
  const open = (name: string, query = EVERYTHING) => {
    const socket = new WebSocket(
      `ws+unix:${fixture.daemon.socket}:/v1.51/containers/${name}/attach/ws?${query}`,
    );
    const heard = { text: '', binary: true, refused: 0, body: '' };
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, binary) => {
      heard.text += data.toString();
      heard.binary &&= binary;
    });
    socket.on('unexpected-response', (_request, response) => {
      heard.refused = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => (heard.body += chunk.toString()));
      response.on('end', () => socket.terminate());
    });
    const until = (words: string) => waitFor(words, () => heard.text.includes(words), { timeout: 5000 });
    return { socket, heard, closed, until };
  };

  it('carries input and both streams, unframed, in binary messages', async () => {
    await run('talk', ['-i'], 'read a; echo "out $a"; echo "err $a" >&2; read b; echo "end $b"');
    const client = open('talk');
    await once(client.socket, 'open');
    client.socket.send(Buffer.from('one\n'));
    await client.until('out one\n');
    await client.until('err one\n');
    client.socket.send('two\n');
    await client.closed;
    assert.deepEqual(client.heard.text.split('\n').toSorted(), ['', 'end two', 'err one', 'out one']);
    assert.equal(client.heard.binary, true);
  });

  it('gives only the stream that is asked for, and what was said before', async () => {
    await run('said', ['-i'], 'echo before; echo hidden >&2; read a; echo after; echo hidden >&2');
    await waitFor('the log', async () => (await ok('logs', 'said')).includes('before'));
    const client = open('said', 'logs=1&stream=1&stdin=1&stdout=1');
    await client.until('before\n');
    client.socket.send('\n');
    await client.closed;
    assert.equal(client.heard.text, 'before\nafter\n');
  });

  it('gives the log alone and closes', async () => {
    await run('over', [], 'echo told');
    await ok('wait', 'over');
    const client = open('over', 'logs=1&stdout=1');
    await client.closed;
    assert.equal(client.heard.text, 'told\n');
  });

  it('before a start waits for it, and gives the first byte', async () => {
    await ok('create', '--name', 'later', '--network=none', fixture.image('busybox'), 'echo', 'first');
    const client = open('later');
    await once(client.socket, 'open');
    await ok('start', 'later');
    await client.closed;
    assert.equal(client.heard.text, 'first\n');
  });

  it('ends when the detach keys of a terminal are typed; the container goes on', async () => {
    await run('tty', ['-it'], 'cat');
    const client = open('tty', `${EVERYTHING}&detachKeys=ctrl-x`);
    await once(client.socket, 'open');
    client.socket.send('hello\n');
    await client.until('hello\r\nhello\r\n');
    client.socket.send(Buffer.from([0x18]));
    await client.closed;
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'tty'), 'true');
    const now = (Date.now() / 1000 + 1).toFixed(3);
    const told = await ok(
      'events',
      '--since',
      '1',
      '--until',
      now,
      '-f',
      'container=tty',
      '--format',
      '{{.Action}}',
    );
    assert.deepEqual(told.split('\n').slice(-2), ['attach', 'detach']);
    await ok('rm', '-f', 'tty');
  });

  it('ends the input of the process when the client closes, with all that it said before', async () => {
    // As `docker run -i`: the input ends with its first client.
    await ok('create', '-i', '--name', 'eof', fixture.image('busybox'), 'sh', '-c', 'cat; echo ended');
    const client = open('eof');
    await once(client.socket, 'open');
    await ok('start', 'eof');
    client.socket.send('x'.repeat(100_000));
    client.socket.close();
    await client.closed;
    await ok('wait', 'eof');
    assert.equal(await ok('logs', 'eof'), `${'x'.repeat(100_000)}ended`);
  });

  it('carries megabytes to a client', async () => {
    await run('much', ['-i'], 'read a; head -c 20000000 /dev/zero');
    const client = open('much');
    await once(client.socket, 'open');
    client.socket.send('\n');
    await client.closed;
    assert.equal(client.heard.text.length, 20_000_000);
  });

  it('is refused in JSON for an unknown container, for keys that are none and for what is no handshake', async () => {
    const nobody = open('nobody');
    await nobody.closed;
    assert.equal(nobody.heard.refused, 404);
    assert.match(nobody.heard.body, /No such container: nobody/);
    await ok('create', '--name', 'refusing', fixture.image('busybox'), 'true');
    const keys = open('refusing', 'stream=1&detachKeys=nonsense');
    await keys.closed;
    assert.equal(keys.heard.refused, 400);
    assert.equal((await fixture.daemon.call('/containers/refusing/attach/ws')).status, 400);
    const raw = rawClient(fixture.daemon.socket);
    const wish = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    raw.socket.write(rawRequest('GET /containers/refusing/attach/ws', wish));
    assert.match(await raw.end(), /^HTTP\/1\.1 400 [^]*opening handshake/);
  });

  it('survives a client that breaks the protocol or goes without a word', async () => {
    await run('alive', ['-i'], 'cat');
    for (const bytes of [Buffer.from([0xff, 0xff, 0xff]), Buffer.alloc(0)]) {
      const raw = rawClient(fixture.daemon.socket);
      const wish = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      raw.socket.write(rawRequest(`GET /containers/alive/attach/ws?${EVERYTHING}`, wish));
      await raw.until('\r\n\r\n');
      raw.socket.write(bytes);
      setTimeout(() => raw.socket.destroy(), 50);
      await once(raw.socket, 'close');
    }
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'alive'), 'true');
    await ok('rm', '-f', 'alive');
  });
});
