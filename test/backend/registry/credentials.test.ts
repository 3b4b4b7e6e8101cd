import assert from 'node:assert/strict';
import { parseChallenges } from '../../../backend/registry/challenge.ts';
import { parseRegistryAuth } from '../../../backend/registry/credentials.ts';
import { endpointsOf } from '../../../backend/registry/endpoints.ts';

const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('parseRegistryAuth', () => {
  it('reads name and password', () => {
    assert.deepEqual(parseRegistryAuth(header({ username: 'a', password: 'b', serveraddress: 'x' })), {
      kind: 'password',
      username: 'a',
      password: 'b',
    });
  });
  it('reads the joined form, whose password may hold colons', () => {
    const auth = Buffer.from('a:b:c').toString('base64');
    assert.deepEqual(parseRegistryAuth(header({ auth })), {
      kind: 'password',
      username: 'a',
      password: 'b:c',
    });
  });
  it('prefers tokens', () => {
    assert.deepEqual(parseRegistryAuth(header({ username: 'a', identitytoken: 't' })), {
      kind: 'identity-token',
      token: 't',
    });
  });
  it('takes nothing, and an empty object, for nobody', () => {
    for (const nobody of [undefined, '', header({}), header(null), header({ username: '', password: '' })])
      assert.equal(parseRegistryAuth(nobody), undefined);
  });
  it('refuses what is none, without quoting it', () => {
    for (const bad of ['%%%', header('s3cret'), header({ username: 5, password: 's3cret' })])
      assert.throws(() => parseRegistryAuth(bad), /^(?!.*s3cret).*invalid X-Registry-Auth header/);
  });
});

describe('parseChallenges', () => {
  it('keeps commas, spaces and escaped quotes in values', () => {
    assert.deepEqual(parseChallenges('Bearer realm="https://a/b?c,d",service="x \\"y\\"", scope=z'), [
      { scheme: 'bearer', parameters: { realm: 'https://a/b?c,d', service: 'x "y"', scope: 'z' } },
    ]);
  });
  it('reads several challenges of one header', () => {
    const schemes = parseChallenges('Negotiate, Basic realm="r", Bearer realm="t"').map(
      ({ scheme }) => scheme,
    );
    assert.deepEqual(schemes, ['basic', 'bearer']);
  });
  it('reads nothing from nothing', () => {
    assert.deepEqual(parseChallenges(undefined), []);
  });
});

describe('endpointsOf', () => {
  const urls = (domain: string, insecure: string[] = [], mirrors: string[] = []): string[] =>
    endpointsOf(domain, { insecure, mirrors }).map(({ base }) => base.href);

  it('speaks HTTPS alone to strangers', () => {
    assert.deepEqual(urls('example.com'), ['https://example.com/']);
  });
  it('may speak HTTP on loopback and where it was allowed', () => {
    for (const host of ['localhost:5000', '127.0.0.2:5000', '[::1]:5000'])
      assert.deepEqual(urls(host), [`https://${host}/`, `http://${host}/`]);
    assert.equal(urls('reg.lan:5000', ['reg.lan:5000']).length, 2);
    assert.equal(urls('reg.lan:5000', ['reg.lan']).length, 2);
    assert.equal(urls('reg.lan:5000', ['reg.lan:5001']).length, 1);
    assert.equal(urls('127.evil.com').length, 1);
  });
  it('knows where docker.io is', () => {
    assert.deepEqual(urls('docker.io', [], ['http://m:5000']), [
      'http://m:5000/',
      'https://registry-1.docker.io/',
    ]);
  });
});
