import assert from 'node:assert/strict';
import { text as readText } from 'node:stream/consumers';
import { notFound } from '../../../../backend/base/errors.ts';
import type { HijackRoute } from '../../../../backend/api/server/create-server.ts';
import { callApi } from '../../../support/api-client.ts';
import { rawClient, rawRequest, serveRoutes, UPGRADE } from '../../../support/fakes/api-socket.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** Answers with what came in, once the client has ended its side. */
const echo: HijackRoute = {
  method: 'POST',
  path: '/exec/:id/start',
  hijack: async (_request, connection) => {
    const body = JSON.stringify((await connection.json()) ?? null);
    const { input, output } = connection.accept('application/vnd.docker.raw-stream');
    output.end(`${body} then ${await readText(input)}`);
  },
};
const failing: HijackRoute = {
  method: 'POST',
  path: '/containers/:id/attach',
  hijack: () => Promise.reject(notFound('No such container: x')),
};

describe('a hijacked connection', () => {
  it('is answered by 101, with the JSON body and the stream apart', async () => {
    await using api = await serveRoutes([], [echo]);
    const client = rawClient(api.path);
    client.socket.end(`${rawRequest('POST /v1.51/exec/x/start', UPGRADE, '{"Tty":true}')}typed`);
    const answer = await client.end();
    assert.match(answer, /^HTTP\/1\.1 101 UPGRADED\r\n/);
    assert.match(answer, /Upgrade: tcp\r\n/);
    assert.match(answer, /\{"Tty":true\} then typed$/);
  });

  it('takes a JSON body that comes in pieces after the headers', async () => {
    await using api = await serveRoutes([], [echo]);
    const client = rawClient(api.path);
    const whole = rawRequest('POST /exec/x/start', UPGRADE, '{"Tty":true}');
    for (const piece of [whole.slice(0, -12), whole.slice(-12, -5), `${whole.slice(-5)}ty`, 'ped']) {
      client.socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    client.socket.end();
    assert.match(await client.end(), /\{"Tty":true\} then typed$/);
  });

  it('works without a body and with an empty stream', async () => {
    await using api = await serveRoutes([], [echo]);
    const client = rawClient(api.path);
    client.socket.end(rawRequest('POST /exec/x/start', { ...UPGRADE, 'Content-Length': '0' }));
    assert.match(await client.end(), /\r\n\r\nnull then $/);
  });

  it('stays open for the answer after the client has ended its side', async () => {
    const late: HijackRoute = {
      ...echo,
      hijack: async (_request, connection) => {
        const { input, output } = connection.accept('x/y');
        await readText(input);
        setTimeout(() => output.end('late answer'), 100);
      },
    };
    await using api = await serveRoutes([], [late]);
    const client = rawClient(api.path);
    client.socket.end(rawRequest('POST /exec/x/start', UPGRADE));
    assert.match(await client.end(), /late answer$/);
    await waitFor('the close', async () => (await api.open()) === 0);
  });

  it('is answered by 200 without an Upgrade header', async () => {
    await using api = await serveRoutes([], [echo]);
    const reply = await callApi(api.path, '/exec/x/start', { method: 'POST', body: { Detach: false } });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'application/vnd.docker.raw-stream');
    assert.equal(reply.text, '{"Detach":false} then ');
  });

  it('that is refused gets a plain error, and the socket does not stay', async () => {
    await using api = await serveRoutes([], [failing]);
    const client = rawClient(api.path);
    client.socket.write(`${rawRequest('POST /containers/x/attach', UPGRADE)}early input`);
    const answer = await client.end();
    assert.match(answer, /^HTTP\/1\.1 404 /);
    assert.match(answer, /\{"message":"No such container: x"\}\n$/);
    client.socket.end();
    await waitFor('the close', async () => (await api.open()) === 0);
  });

  it('with a body that is no JSON, or larger than 4 MiB, is refused with 400', async () => {
    await using api = await serveRoutes([], [echo]);
    const broken = rawClient(api.path);
    broken.socket.write(rawRequest('POST /exec/x/start', UPGRADE, '{"Tty":'));
    assert.match(await broken.end(), /^HTTP\/1\.1 400 [^]*not valid JSON/);
    const large = rawClient(api.path);
    large.socket.write(rawRequest('POST /exec/x/start', { ...UPGRADE, 'Content-Length': '5000000' }));
    assert.match(await large.end(), /^HTTP\/1\.1 400 [^]*larger than 4194304 bytes/);
  });

  it('with a body that the client cuts short is refused', async () => {
    await using api = await serveRoutes([], [echo]);
    const client = rawClient(api.path);
    client.socket.end(`${rawRequest('POST /exec/x/start', { ...UPGRADE, 'Content-Length': '20' })}{"Tt`);
    assert.match(await client.end(), /^HTTP\/1\.1 400 /);
    await waitFor('the close', async () => (await api.open()) === 0);
  });

  it('is only given where a stream is served: other requests are answered as if they had not asked', async () => {
    const start = {
      method: 'POST' as const,
      path: '/containers/:id/start',
      handle: async () => ({ status: 204 }),
    };
    await using api = await serveRoutes([start], [failing]);
    const client = rawClient(api.path);
    client.socket.write(rawRequest('POST /containers/x/start', { ...UPGRADE, Connection: 'Upgrade, close' }));
    assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 204 /);
    const other = rawClient(api.path);
    other.socket.write(rawRequest('POST /exec/x/start', UPGRADE));
    assert.match(await other.until('\r\n\r\n'), /^HTTP\/1\.1 404 /);
  });

  it('aborts the signal when the client has gone and something is to be told it', async () => {
    let aborted = false;
    let begun = false;
    const wait: HijackRoute = {
      ...failing,
      hijack: async ({ signal }, connection) => {
        const { input, output } = connection.accept('x/y');
        input.resume();
        const timer = setInterval(() => output.write('.'), 10);
        signal.addEventListener('abort', () => clearInterval(timer));
        begun = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted = true;
      },
    };
    await using api = await serveRoutes([], [wait]);
    const client = rawClient(api.path);
    client.socket.write(rawRequest('POST /containers/x/attach', UPGRADE));
    await waitFor('the request', () => begun);
    client.socket.destroy();
    await waitFor('the abort', () => aborted);
  });
});
