import assert from 'node:assert/strict';
import { codeOf, messageOf } from '../../../backend/base/errors.ts';
import { parseReference } from '../../../backend/oci/reference.ts';
import type { Credentials } from '../../../backend/registry/credentials.ts';
import {
  createRegistryClient,
  type RegistryClientOptions,
} from '../../../backend/registry/registry-client.ts';
import { refuse, startHostileRegistry, type HostileRegistry } from '../../support/hostile-registry.ts';
import { makeImageParts, type ImageParts } from '../../support/image-parts.ts';
import { file } from '../../setup/images/tar-layer.ts';

describe('createRegistryClient', () => {
  let registry: HostileRegistry;
  let parts: ImageParts;

  before(async () => {
    parts = await makeImageParts({ layers: [[file('f', 'content')]] });
  });
  beforeEach(async () => {
    registry = await startHostileRegistry();
    registry.serveImage('1', parts);
  });
  afterEach(() => registry[Symbol.asyncDispose]());

  /** Fetches the manifest and all blobs. */
  const fetchAll = async (
    name: string,
    credentials?: Credentials,
    options: RegistryClientOptions = {},
  ): Promise<number> => {
    const retries = { attempts: 2, firstDelay: 1, maxDelay: 5 };
    using client = createRegistryClient({ retries, stallTimeout: 500, ...options });
    const signal = AbortSignal.timeout(10_000);
    const { repository } = await client.resolve(parseReference(name), { credentials, signal });
    let bytes = 0;
    for (const { descriptor } of parts.layers)
      for await (const chunk of repository.blob(descriptor, signal)) bytes += chunk.length;
    return bytes;
  };
  const fails = async (work: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
    const error: unknown = await work.then(
      () => assert.fail('it succeeded'),
      (reason: unknown) => reason,
    );
    assert.match(messageOf(error), message);
    assert.equal(codeOf(error), code);
  };
  const name = (): string => `${registry.host}/team/app:1`;
  const whole = (): number => parts.layers[0]?.blob.length ?? 0;
  const alice: Credentials = { kind: 'password', username: 'alice', password: 's3cret:x' };

  /** Asks for a token of its own realm, as Docker's hub does. */
  const requireToken = (grant: (url: URL, authorization: string | undefined) => boolean): void => {
    registry.fault = (request, response, path) => {
      const url = new URL(path, `http://${registry.host}`);
      if (url.pathname === '/token') {
        if (grant(url, request.headers.authorization)) response.end(JSON.stringify({ token: 'good-token' }));
        else refuse(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
        return true;
      }
      if (request.headers.authorization === 'Bearer good-token') return false;
      const realm = `http://${registry.host}/token`;
      response.setHeader(
        'WWW-Authenticate',
        `Bearer realm="${realm}",service="reg,1",scope="repository:other:push"`,
      );
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return true;
    };
  };

  it('gets a token anonymously, for pulling this repository only', async () => {
    const asked: URL[] = [];
    requireToken((url) => asked.push(url) > 0);
    assert.equal(await fetchAll(name()), whole());
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.searchParams.get('service'), 'reg,1');
    assert.equal(asked[0]?.searchParams.get('scope'), 'repository:team/app:pull');
  });

  it('gets a token with a password', async () => {
    const expected = `Basic ${Buffer.from('alice:s3cret:x').toString('base64')}`;
    requireToken((_url, authorization) => authorization === expected);
    assert.equal(await fetchAll(name(), alice), whole());
  });

  it('says what the token service said, and no secret', async () => {
    requireToken(() => false);
    await fails(
      fetchAll(name(), alice),
      'forbidden',
      /refused the credentials.*incorrect username or password/,
    );
    await fails(fetchAll(name(), alice), 'forbidden', /^(?!.*s3cret)/);
  });

  it('answers basic challenges', async () => {
    const expected = `Basic ${Buffer.from('alice:s3cret:x').toString('base64')}`;
    registry.fault = (request, response) => {
      if (request.headers.authorization === expected) return false;
      response.setHeader('WWW-Authenticate', 'Basic realm="x"');
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return true;
    };
    assert.equal(await fetchAll(name(), alice), whole());
    await fails(
      fetchAll(name()),
      'not-found',
      /pull access denied for .*needs a login.*authentication required/,
    );
  });

  it('renews a token that expired between blobs', async () => {
    let tokens = 0;
    registry.fault = (request, response, path) => {
      if (path.startsWith('/token')) {
        tokens += 1;
        response.end(JSON.stringify({ access_token: `t${tokens}` }));
        return true;
      }
      const wanted = path.includes('/blobs/') ? 't2' : 't1';
      if (request.headers.authorization === `Bearer ${wanted}`) return false;
      response.setHeader('WWW-Authenticate', `Bearer realm="http://${registry.host}/token"`);
      refuse(response, 401, 'UNAUTHORIZED', 'token expired');
      return true;
    };
    assert.equal(await fetchAll(name()), whole());
    assert.equal(tokens, 2);
  });

  it('sends no password to a token service over plain HTTP of another host', async () => {
    registry.fault = (_request, response) => {
      response.setHeader('WWW-Authenticate', 'Bearer realm="ftp://example.invalid/token"');
      refuse(response, 401, 'UNAUTHORIZED', 'x');
      return true;
    };
    await fails(fetchAll(name(), alice), 'unavailable', /names a token service that cannot be used: "ftp:/);
  });

  it('follows a redirect to another host without the login', async () => {
    await using storage = await startHostileRegistry();
    for (const [digest, bytes] of parts.blobs) storage.blobs.set(digest, bytes);
    registry.fault = (request, response, path) => {
      if (request.headers.authorization === undefined) {
        response.setHeader('WWW-Authenticate', 'Basic realm="x"');
        refuse(response, 401, 'UNAUTHORIZED', 'x');
        return true;
      }
      if (!path.includes('/blobs/')) return false;
      response.writeHead(307, { Location: `http://${storage.host}${path}` });
      response.end();
      return true;
    };
    assert.equal(await fetchAll(name(), alice), whole());
    assert.equal(storage.requests.length, 1);
    assert.equal(storage.requests[0]?.headers.authorization, undefined);
  });

  it('gives up on redirects without end and on strange ones', async () => {
    registry.fault = (_request, response, path) => {
      if (path === '/v2/') return false;
      response.writeHead(302, { Location: path });
      response.end();
      return true;
    };
    await fails(fetchAll(name()), 'unavailable', /redirects manifest for .* more than 5 times/);
    registry.fault = (_request, response) => {
      response.writeHead(302, { Location: 'file:///etc/shadow' });
      response.end();
      return true;
    };
    await fails(fetchAll(name()), 'unavailable', /redirects to "file:\/\/\/etc\/shadow"/);
  });

  it('waits as long as a 429 asks for, within its bound', async () => {
    let refused = 0;
    registry.fault = (_request, response, path) => {
      if (!path.includes('/manifests/') || refused > 0) return false;
      refused += 1;
      response.setHeader('Retry-After', '3600');
      refuse(response, 429, 'TOOMANYREQUESTS', 'x');
      return true;
    };
    const started = performance.now();
    assert.equal(await fetchAll(name()), whole());
    assert.ok(performance.now() - started < 2000);
  });

  it('asks mirrors of docker.io first, without the credentials', async () => {
    const mirrors = [`http://${registry.host}`];
    assert.equal(await fetchAll('library/app:1', alice, { mirrors }), whole());
    assert.match(registry.requests[0]?.url ?? '', /^\/v2\/library\/app\/manifests\/1$/);
    assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
  });

  it('goes on with the next mirror when one fails', async () => {
    await using broken = await startHostileRegistry();
    broken.fault = (_request, response) => {
      refuse(response, 503, 'UNAVAILABLE', 'x');
      return true;
    };
    const mirrors = ['http://127.0.0.1:1', `http://${broken.host}/`, `http://${registry.host}`];
    assert.equal(await fetchAll('app:1', undefined, { mirrors }), whole());
  });

  it('refuses a mirror that is no URL', () => {
    assert.throws(() => createRegistryClient({ mirrors: ['mirror.local:5000'] }), /invalid registry mirror/);
  });

  it('tells hostile error bodies without their control characters', async () => {
    registry.fault = (_request, response, path) => {
      if (!path.includes('/manifests/')) return false;
      refuse(response, 403, 'DENIED', `\u001b[2Jboo\u0007${'x'.repeat(9000)}`);
      return true;
    };
    const error: unknown = await fetchAll(name()).catch((reason: unknown) => reason);
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(messageOf(error), /[\u0000-\u001f]/);
    assert.ok(messageOf(error).length < 800);
  });
});
