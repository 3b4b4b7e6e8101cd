import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { freePort } from '../../support/free-port.ts';
import { scriptedPrompts } from './fake-prompts.ts';
import { fails, openLink } from './open-link.ts';
import { sshdIsThere, startSshd, type Sshd } from './sshd.ts';

/** Not `text` of node:stream/consumers: that destroys the stream, and with it the other direction. */
async function readAll(stream: Duplex): Promise<string> {
  let all = '';
  stream.on('data', (chunk: Buffer) => {
    all += chunk.toString('latin1');
  });
  await once(stream, 'end');
  return all;
}

describe('forwards on an SSH link', function () {
  this.timeout(20_000);
  let sshd: Sshd;

  before(async function () {
    if (!sshdIsThere()) {
      console.log('      skipped: it takes root and /usr/sbin/sshd');
      this.skip();
    }
    sshd = await startSshd();
    await writeFile(sshd.knownHosts, await sshd.knownHostsLine());
  });

  after(async () => {
    await sshd?.[Symbol.asyncDispose]();
  });

  it('keeps the other direction of a forwarded socket open after an end', async () => {
    const path = join(sshd.directory, 'echo.sock');
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      void readAll(socket).then((all) => socket.end(`${all.length} bytes`));
    });
    server.listen(path);
    await once(server, 'listening');
    const link = await openLink(await sshd.machine(), scriptedPrompts());
    try {
      const stream = await link.openSocket(path);
      stream.end(Buffer.alloc(5_000_000));
      const closed = once(stream, 'close');
      assert.equal(await readAll(stream), '5000000 bytes');
      await closed;
      const streams = await Promise.all(Array.from({ length: 60 }, () => link.openSocket(path)));
      const answers = await Promise.all(streams.map((stream, n) => readAll(stream.end('x'.repeat(n)))));
      assert.equal(answers[59], '59 bytes');
    } finally {
      link.end();
      server.close();
    }
  });

  it('fails every open stream when the connection is lost, and does not call it an end', async () => {
    const path = join(sshd.directory, 'hold.sock');
    const server = createServer(() => undefined);
    server.listen(path);
    await once(server, 'listening');
    const link = await openLink(await sshd.machine(), scriptedPrompts());
    const stream = await link.openSocket(path);
    stream.resume();
    const failed = once(stream, 'error');
    const running = link.exec('sleep 30').catch((error: unknown) => error);
    await sshd.dropConnections();
    const [error] = await failed;
    assert.match(String(error), /SSH connection to 127\.0\.0\.1 was/);
    assert.ok((await running) instanceof Error);
    await assert.rejects(link.openSocket(path), /SSH connection/);
    server.close();
  });

  it('tells a refused forward from a port where nothing listens', async () => {
    const link = await openLink(await sshd.machine(), scriptedPrompts());
    await assert.rejects(
      link.openTcp('127.0.0.1', await freePort()),
      fails('forward-refused', /nothing answers/),
    );
    link.end();
  });
});
