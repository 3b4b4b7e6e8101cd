import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from '../../../backend/registry/credentials.ts';
import { createRegistryClient } from '../../../backend/registry/registry-client.ts';

const RIGHT = `Basic ${Buffer.from('alice:secret').toString('base64')}`;
const ALICE: Credentials = { kind: 'password', username: 'alice', password: 'secret' };
const MALLORY: Credentials = { kind: 'password', username: 'alice', password: 'guess' };

type Handler = (request: IncomingMessage, response: ServerResponse, origin: string) => void;

describe('login at a registry', () => {
  let server: Server;
  let host = '';
  let handler: Handler = () => undefined;
  const asked: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      handler(request, response, `http://${host}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const login = async (credentials?: Credentials, domain = host): Promise<string> => {
    using client = createRegistryClient({ stallTimeout: 1000 });
    return client.login(domain, { credentials, signal: AbortSignal.timeout(5000) });
  };
  const basic: Handler = ({ headers }, response) => {
    const right = headers.authorization === RIGHT;
    response.writeHead(right ? 200 : 401, { 'WWW-Authenticate': 'Basic realm="tests"' }).end('{}');
  };
  const bearer: Handler = ({ url = '', headers, method }, response, origin) => {
    if (url === '/v2/') {
      const right = headers.authorization === 'Bearer granted';
      const challenge = `Bearer realm="${origin}/token",service="tests"`;
      return response.writeHead(right ? 200 : 401, { 'WWW-Authenticate': challenge }).end('{}');
    }
    const right = method === 'POST' || headers.authorization === RIGHT;
    if (!right) return response.writeHead(401).end('{}');
    return response.writeHead(200).end('{"token":"granted","refresh_token":"lasting"}');
  };

  it('shows a password to a registry that asks for one', async () => {
    handler = basic;
    assert.equal(await login(ALICE), '');
  });

  it('tells a wrong password in Docker’s words', async () => {
    handler = basic;
    await assert.rejects(login(MALLORY), {
      code: 'unauthenticated',
      message: `login attempt to http://${host}/v2/ failed with status: 401 Unauthorized`,
    });
    await assert.rejects(login(), { code: 'unauthenticated' });
  });

  it('exchanges a password for a token that lasts, at the token service that the registry names', async () => {
    handler = bearer;
    assert.equal(await login(ALICE), 'lasting');
    const token = new URL(asked.find((url) => url.startsWith('/token')) ?? '', 'http://x').searchParams;
    assert.deepEqual(Object.fromEntries(token), {
      account: 'alice',
      service: 'tests',
      client_id: 'docker',
      offline_token: 'true',
    });
    await assert.rejects(login(MALLORY), {
      code: 'unauthenticated',
      message: /unauthorized: incorrect username or password/,
    });
  });

  it('shows the token that lasts instead of a password', async () => {
    handler = bearer;
    assert.equal(await login({ kind: 'identity-token', token: 'lasting' }), 'lasting');
  });

  it('is content with a registry that asks for nothing', async () => {
    handler = (_request, response) => response.writeHead(200).end('{}');
    assert.equal(await login(ALICE), '');
  });

  it('says which address nobody answers at', async () => {
    await assert.rejects(login(ALICE, '127.0.0.1:1'), {
      code: 'unavailable',
      message: /Get "http:\/\/127\.0\.0\.1:1\/v2\/": .*ECONNREFUSED/,
    });
  });
});
