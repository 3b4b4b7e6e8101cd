import assert from 'node:assert/strict';
import { z } from 'zod';
import { conflict, notModified, type ErrorCode, StrataError } from '../../../../backend/base/errors.ts';
import type { Route } from '../../../../backend/api/route.ts';
import { pingRoutes } from '../../../../backend/api/system/ping.ts';
import { callApi } from '../../../support/api-client.ts';
import { rawClient, rawRequest, serveRoutes } from '../../../support/fakes/api-socket.ts';
import { waitFor } from '../../../support/wait-for.ts';

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle });
const post = (path: string, handle: Route['handle']): Route => ({ method: 'POST', path, handle });

describe('the API server', () => {
  it('answers a ping with and without a version, to HEAD too', async () => {
    await using api = await serveRoutes(pingRoutes());
    for (const path of ['/_ping', '/v1.24/_ping', '/v1.51/_ping']) {
      const reply = await callApi(api.path, path);
      assert.equal(reply.status, 200);
      assert.equal(reply.text, 'OK');
      assert.equal(reply.headers['api-version'], '1.51');
      assert.equal(reply.headers['ostype'], 'linux');
      const head = await callApi(api.path, path, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text, head.headers['api-version']], [200, '', '1.51']);
    }
  });

  it('refuses versions that are too old or too new, naming the limit', async () => {
    await using api = await serveRoutes(pingRoutes());
    const old = await callApi(api.path, '/v1.23/_ping');
    assert.equal(old.status, 400);
    assert.match((old.json() as { message: string }).message, /1\.23 is too old.*1\.24/);
    const young = await callApi(api.path, '/v1.99/_ping');
    assert.equal(young.status, 400);
    assert.match((young.json() as { message: string }).message, /1\.99 is too new.*1\.51/);
  });

  it('compares versions by number: 1.9 is older than 1.24', async () => {
    await using api = await serveRoutes(pingRoutes());
    assert.equal((await callApi(api.path, '/v1.9/_ping')).status, 400);
    assert.equal((await callApi(api.path, '/v1.100/_ping')).status, 400);
    assert.equal((await callApi(api.path, '/v2.0/_ping')).status, 400);
  });

  it('answers an unknown page with 404 in Docker’s shape', async () => {
    await using api = await serveRoutes([]);
    const reply = await callApi(api.path, '/v1.43/nothing?x=1');
    assert.equal(reply.status, 404);
    assert.deepEqual(reply.json(), { message: 'page not found: GET /nothing' });
  });

  const statuses: [ErrorCode, number][] = [
    ['not-found', 404],
    ['conflict', 409],
    ['invalid-argument', 400],
    ['unavailable', 503],
    ['not-implemented', 501],
    ['forbidden', 403],
    ['unauthenticated', 401],
    ['resource-exhausted', 507],
    ['internal', 500],
  ];
  for (const [code, status] of statuses) {
    it(`answers ${code} with ${status} and the message`, async () => {
      const fail = get('/fail', () => Promise.reject(new StrataError(code, 'the reason')));
      await using api = await serveRoutes([fail]);
      const reply = await callApi(api.path, '/fail');
      assert.equal(reply.status, status);
      assert.deepEqual(reply.json(), { message: 'the reason' });
    });
  }

  it('answers what changes nothing with 304 and no body', async () => {
    await using api = await serveRoutes([post('/start', () => Promise.reject(notModified('runs already')))]);
    const reply = await callApi(api.path, '/start', { method: 'POST' });
    assert.deepEqual([reply.status, reply.text], [304, '']);
    assert.equal(reply.headers['content-type'], undefined);
  });

  it('tells the cause and not the failure of its undo', async () => {
    const fail = get('/fail', async () => {
      await using _undo = { [Symbol.asyncDispose]: () => Promise.reject(new Error('still busy')) };
      throw conflict('port 80 is taken');
    });
    await using api = await serveRoutes([fail]);
    const reply = await callApi(api.path, '/fail');
    assert.equal(reply.status, 409);
    assert.match(reply.text, /port 80 is taken/);
  });

  it('answers HEAD by the GET of the same path, without its body', async () => {
    await using api = await serveRoutes([get('/thing', async () => ({ status: 200, body: { A: 1 } }))]);
    const reply = await callApi(api.path, '/thing', { method: 'HEAD' });
    assert.deepEqual([reply.status, reply.text, reply.headers['content-length']], [200, '', '8']);
  });

  it('keeps slashes and colons of a name, decodes the rest, and refuses a broken percent sign', async () => {
    const echo = get('/images/*name/json', async ({ params }) => ({ status: 200, body: params }));
    await using api = await serveRoutes([echo]);
    const name = async (path: string) => (await callApi(api.path, path)).json();
    assert.deepEqual(await name('/images/127.0.0.1:5000/a/b:1/json'), { name: '127.0.0.1:5000/a/b:1' });
    assert.deepEqual(await name('/images/a%2Fb%40c/json'), { name: 'a/b@c' });
    const broken = await callApi(api.path, '/images/a%zz/json');
    assert.equal(broken.status, 400);
  });

  it('takes everything after the first question mark as the query', async () => {
    const echo = get('/echo', async ({ query }) => ({ status: 200, body: query.get('a') ?? '' }));
    await using api = await serveRoutes([echo]);
    assert.equal((await callApi(api.path, '/echo?a=b?c')).text, 'b?c');
  });

  it('lets a plain request be in spite of Upgrade: h2c', async () => {
    await using api = await serveRoutes(pingRoutes());
    const client = rawClient(api.path);
    const headers = {
      Connection: 'Upgrade, HTTP2-Settings, close',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABk',
    };
    client.socket.write(rawRequest('GET /_ping', headers));
    assert.match(await client.until('OK'), /^HTTP\/1\.1 200 /);
  });

  it('aborts the signal of a request whose client has gone', async () => {
    let aborted = false;
    let begun = false;
    const slow = get('/slow', async ({ signal }) => {
      begun = true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted = true;
      return undefined;
    });
    await using api = await serveRoutes([slow]);
    const client = rawClient(api.path);
    client.socket.write(rawRequest('GET /slow'));
    await waitFor('the request', () => begun);
    client.socket.destroy();
    await waitFor('the abort', () => aborted);
  });

  it('breaks an answer off that fails in the middle', async () => {
    const half = get('/half', async (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"half":');
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('no more');
    });
    await using api = await serveRoutes([half]);
    await assert.rejects(callApi(api.path, '/half'), /aborted|hang up/);
    assert.equal((await callApi(api.path, '/other')).status, 404);
  });

  it('survives bytes that are no HTTP', async () => {
    await using api = await serveRoutes(pingRoutes());
    const client = rawClient(api.path);
    client.socket.write('\u0000\u0001nonsense\r\n\r\n');
    assert.match(await client.end(), /^HTTP\/1\.1 400 /);
    assert.equal((await callApi(api.path, '/_ping')).status, 200);
  });
});

describe('a JSON body', () => {
  const echo = post('/echo', async (request) => ({
    status: 200,
    body: { got: (await request.json()) ?? null },
  }));

  it('is undefined where it is empty, and parsed where it is not', async () => {
    await using api = await serveRoutes([echo]);
    const none = await callApi(api.path, '/echo', { method: 'POST' });
    assert.deepEqual(none.json(), { got: null });
    const some = await callApi(api.path, '/echo', { method: 'POST', body: { A: 'ü' } });
    assert.deepEqual(some.json(), { got: { A: 'ü' } });
  });

  it('that is malformed is answered with 400', async () => {
    await using api = await serveRoutes([echo]);
    const reply = await callApi(api.path, '/echo', { method: 'POST', body: '{"A":' });
    assert.equal(reply.status, 400);
    assert.deepEqual(reply.json(), { message: 'request body is not valid JSON' });
  });

  it('that is larger than 4 MiB is answered with 400', async () => {
    await using api = await serveRoutes([echo]);
    const body = JSON.stringify('x'.repeat(6 * 1024 * 1024));
    const reply = await callApi(api.path, '/echo', { method: 'POST', body });
    assert.equal(reply.status, 400);
    assert.match(reply.text, /larger than 4194304 bytes/);
  });

  it('with a wrong field is answered with 400 and the name of the field', async () => {
    const schema = z.object({ HostConfig: z.object({ Memory: z.int() }) });
    const parse = post('/parse', async (request) => ({
      status: 200,
      body: schema.parse(await request.json()),
    }));
    await using api = await serveRoutes([parse]);
    const reply = await callApi(api.path, '/parse', {
      method: 'POST',
      body: { HostConfig: { Memory: 'much' } },
    });
    assert.equal(reply.status, 400);
    assert.match(reply.text, /invalid field HostConfig\.Memory: /);
    const none = await callApi(api.path, '/parse', { method: 'POST', body: [] });
    assert.match(none.text, /invalid request: /);
  });

  it('of a client that goes in the middle ends the request', async () => {
    let failed = false;
    const wait = post('/wait', async (request) => {
      await request.json().catch(() => (failed = true));
      return { status: 204 };
    });
    await using api = await serveRoutes([wait]);
    const client = rawClient(api.path);
    client.socket.write(rawRequest('POST /wait', { 'Content-Length': '100' }) + '{"half');
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.destroy();
    await waitFor('the failure', () => failed);
  });
});
