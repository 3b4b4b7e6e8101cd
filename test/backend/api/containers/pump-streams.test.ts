import assert from 'node:assert/strict';
import { pumpStreams } from '../../../../backend/api/containers/pump-streams.ts';
import type { HijackRoute } from '../../../../backend/api/server/create-server.ts';
import { rawClient, rawRequest, serveRoutes, UPGRADE } from '../../../support/fakes/api-socket.ts';
import { fakeStreams, type FakeStreams } from '../../../support/fakes/fake-runtime.ts';
import { waitFor } from '../../../support/wait-for.ts';

function attachTo(streams: FakeStreams, tty = false, before: () => Promise<void> = async () => undefined) {
  const state = { pumped: false, detached: 0 };
  const route: HijackRoute = {
    method: 'POST',
    path: '/containers/:id/attach',
    hijack: async (_request, connection) => {
      const client = connection.accept('x/y');
      await before();
      const onDetach = (): void => void (state.detached += 1);
      await pumpStreams(client, streams, { tty, stdout: true, stderr: true, detachKeys: '', onDetach });
      state.pumped = true;
    },
  };
  return { route, state };
}
const REQUEST = rawRequest('POST /containers/x/attach', UPGRADE);
const body = (received: Buffer): Buffer => received.subarray(received.indexOf('\r\n\r\n') + 4);
const frame = (stream: number, text: string): string =>
  `${String.fromCharCode(stream)}\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;

describe('the streams of a process and its client', () => {
  it('frames standard output and error apart', async () => {
    const streams = fakeStreams({ stdin: false, tty: false });
    await using api = await serveRoutes([], [attachTo(streams).route]);
    const client = rawClient(api.path);
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    streams.stdout.write('out');
    await client.until('out');
    streams.stderr?.end('err');
    streams.stdout.end();
    assert.match(await client.end(), new RegExp(`${frame(1, 'out')}${frame(2, 'err')}$`));
    assert.equal(streams.disposed, true);
  });

  it('carries input and its end, and still reads afterwards', async () => {
    const streams = fakeStreams({ stdin: true, tty: false });
    await using api = await serveRoutes([], [attachTo(streams).route]);
    const client = rawClient(api.path);
    let typed = '';
    streams.stdin?.on('data', (chunk: Buffer) => (typed += chunk.toString()));
    streams.stdin?.once('end', () => {
      streams.stdout.end(`got ${typed}`);
      streams.stderr?.end();
    });
    client.socket.end(`${REQUEST}hello`);
    assert.match(await client.end(), /got hello$/);
  });

  it('gives a slow client all of a large output', async () => {
    const streams = fakeStreams({ stdin: false, tty: false });
    const { route, state } = attachTo(streams);
    await using api = await serveRoutes([], [route]);
    const client = rawClient(api.path);
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    client.socket.pause();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let count = 0; count < 64; count += 1) streams.stdout.write(chunk);
    streams.stdout.end();
    streams.stderr?.end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(state.pumped, false);
    client.socket.resume();
    await client.end();
    assert.equal(body(client.received()).filter((byte) => byte === 0x78).length, 64 * chunk.length);
  });

  it('ends with a process whose streams break off', async () => {
    const streams = fakeStreams({ stdin: false, tty: false });
    await using api = await serveRoutes([], [attachTo(streams).route]);
    const client = rawClient(api.path);
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    streams.stdout.write('last');
    await client.until('last');
    streams.stdout.destroy(new Error('reset'));
    streams.stderr?.destroy();
    assert.match(await client.end(), /last$/);
  });

  it('lets go of the process when the client has gone while it was being connected', async () => {
    const streams = fakeStreams({ stdin: true, tty: false });
    const goOn = Promise.withResolvers<void>();
    const { route, state } = attachTo(streams, false, () => goOn.promise);
    await using api = await serveRoutes([], [route]);
    const sockets: { destroyed: boolean; destroy(): void }[] = [];
    api.server.on('upgrade', (_request, socket) => sockets.push(socket));
    const client = rawClient(api.path);
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    for (const socket of sockets) socket.destroy();
    await waitFor('the close', () => sockets.every(({ destroyed }) => destroyed));
    await new Promise((resolve) => setTimeout(resolve, 20));
    goOn.resolve();
    await waitFor('the end', () => state.pumped, { timeout: 2000 });
    assert.equal(streams.disposed, true);
  });

  it('survives a client that goes in the middle of the output', async () => {
    const streams = fakeStreams({ stdin: false, tty: false });
    const { route, state } = attachTo(streams);
    await using api = await serveRoutes([], [route]);
    const client = rawClient(api.path);
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    client.socket.destroy();
    const timer = setInterval(() => streams.stdout.write('more'), 5);
    try {
      await waitFor('the end', () => state.pumped);
    } finally {
      clearInterval(timer);
    }
    assert.equal(streams.disposed, true);
  });

  it('detaches from a terminal by its keys, which the process does not see', async () => {
    const streams = fakeStreams({ stdin: true, tty: true });
    const { route, state } = attachTo(streams, true);
    await using api = await serveRoutes([], [route]);
    const client = rawClient(api.path);
    let typed = '';
    streams.stdin?.on('data', (chunk: Buffer) => (typed += chunk.toString()));
    client.socket.write(REQUEST);
    await client.until('\r\n\r\n');
    client.socket.write('ls\n\u0010\u0011');
    await client.end();
    await waitFor('the end', () => state.pumped);
    assert.equal(typed, 'ls\n');
    assert.deepEqual([streams.disposed, state.detached], [true, 1]);
  });
});
