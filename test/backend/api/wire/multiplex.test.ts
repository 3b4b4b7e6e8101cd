import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeTarget, STREAM_WINDOW, type OpenTarget } from '../../../../backend/api/wire/multiplex.ts';
import { MultiplexSession } from '../../../../backend/api/wire/multiplex-session.ts';

function pair(
  dial: (target: OpenTarget) => Promise<Duplex>,
  banner = '',
): Record<'client' | 'server', MultiplexSession> & { down: PassThrough } {
  const up = new PassThrough();
  const down = new PassThrough();
  if (banner) down.write(banner);
  const server = new MultiplexSession({ input: up, output: down, dial });
  return { client: new MultiplexSession({ input: down, output: up }), server, down };
}

async function echo(): Promise<Duplex> {
  return new PassThrough();
}

describe('multiplex', function () {
  this.timeout(10_000);

  it('skips what a login shell prints before the greeting', async () => {
    const { client } = pair(echo, 'Welcome to this machine!\r\nstrata-multi');
    const stream = await client.open({ kind: 'api' });
    stream.end('hello');
    assert.equal(await text(stream), 'hello');
  });

  it('carries many streams at once and keeps a half-open one open', async () => {
    const { client } = pair(echo);
    const streams = await Promise.all(Array.from({ length: 50 }, () => client.open({ kind: 'api' })));
    streams.forEach((stream, n) => stream.end(`stream ${n}`));
    const answers = await Promise.all(streams.map((stream) => text(stream)));
    assert.deepEqual(
      answers,
      streams.map((_, n) => `stream ${n}`),
    );
  });

  it('moves ten megabytes through a slow reader without losing or buffering them', async () => {
    const source = new PassThrough({ highWaterMark: 1024 });
    const { client } = pair(async () => source);
    const stream = await client.open({ kind: 'api' });
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 7);
    const fill = async (): Promise<void> => {
      while (written < 10 * 1024 * 1024) {
        written += chunk.length;
        if (!source.write(chunk)) await once(source, 'drain');
      }
      source.end();
    };
    const filling = fill();
    await delay(100);
    assert.ok(written <= 2 * STREAM_WINDOW, `${written} bytes went out although nobody reads`);
    let read = 0;
    for await (const part of stream) read += (part as Buffer).length;
    await filling;
    assert.equal(read, 10 * 1024 * 1024);
  });

  it('a stream that nobody reads does not hold up another one', async () => {
    const { client } = pair(async (target) => {
      if (target.kind === 'api') return new PassThrough();
      const endless = new PassThrough();
      endless.write(Buffer.alloc(4 * STREAM_WINDOW));
      return endless;
    });
    await client.open({ kind: 'tcp', host: '127.0.0.1', port: 1 });
    const stream = await client.open({ kind: 'api' });
    stream.end('still here');
    assert.equal(await text(stream), 'still here');
  });

  it('tells the reason when a target cannot be reached', async () => {
    const { client } = pair(async () => {
      throw new Error('connection refused');
    });
    await assert.rejects(client.open({ kind: 'api' }), /connection refused/);
  });

  it('fails open streams, openings and pings when the transport ends', async () => {
    const { client, down } = pair(async (target) =>
      target.kind === 'api' ? echo() : new Promise<Duplex>(() => undefined),
    );
    const stream = await client.open({ kind: 'api' });
    const failed = once(stream, 'error');
    const opening = client.open({ kind: 'tcp', host: 'x', port: 1 });
    down.end();
    await assert.rejects(opening, /has closed/);
    await failed;
    await assert.rejects(client.ping(AbortSignal.timeout(1000)), /has closed/);
  });

  it('ends the session at bytes that are no frame', async () => {
    const { client, down } = pair(echo);
    await client.greeted;
    down.write(Buffer.from('sudo: a terminal is required'));
    assert.match((await client.closed).message, /not of this protocol/);
  });

  it('resets the far end when a stream is destroyed', async () => {
    const target = new PassThrough();
    const { client } = pair(async () => target);
    const stream = await client.open({ kind: 'api' });
    stream.destroy();
    await once(target, 'close');
  });

  it('answers a ping', async () => {
    await pair(echo).client.ping(AbortSignal.timeout(1000));
  });

  it('refuses targets that are not host and port', () => {
    for (const bad of ['', 'tcp x', 'tcp x 0', 'tcp x 65536', 'tcp a b 80', 'unix /etc/passwd']) {
      assert.throws(() => decodeTarget(Buffer.from(bad)), /is not a target/);
    }
  });
});
