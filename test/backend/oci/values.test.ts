import assert from 'node:assert/strict';
import { chainId } from '../../../backend/oci/chain-id.ts';
import { digestOf, hexOf, isDigest, parseDigest } from '../../../backend/oci/digest.ts';
import { formatPlatform, hostPlatform } from '../../../backend/oci/platform.ts';
import {
  canonicalString,
  familiarString,
  parseReference,
  withDefaultTag,
} from '../../../backend/oci/reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a reference', () => {
  for (const [text, canonical, familiar] of [
    ['nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['nginx:1', 'docker.io/library/nginx:1', 'nginx:1'],
    ['a/b', 'docker.io/a/b:latest', 'a/b:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['127.0.0.1:5000/a/b:1', '127.0.0.1:5000/a/b:1', '127.0.0.1:5000/a/b:1'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    [`x@${digest}`, `docker.io/library/x@${digest}`, `x@${digest}`],
    [`x:1@${digest}`, `docker.io/library/x:1@${digest}`, `x:1@${digest}`],
  ] as const) {
    it(`${text.slice(0, 30)} is ${canonical.slice(0, 40)}`, () => {
      const reference = withDefaultTag(parseReference(text));
      assert.equal(canonicalString(reference), canonical);
      assert.equal(familiarString(reference), familiar);
    });
  }

  it('that breaks the grammar is refused', () => {
    const bad = [
      '',
      'a b',
      'a//b',
      '/a',
      'a/',
      'a:',
      'a:-',
      'a@sha256:x',
      'a@b@c',
      '../x',
      'a..b',
      `${'a/'.repeat(200)}a`,
      'a:b:c',
      '-a',
      'host:x/a',
    ];
    for (const text of bad) assert.throws(() => parseReference(text), { code: 'invalid-argument' }, text);
  });
});

describe('a digest', () => {
  it('is sha256 and 64 lower-case digits, nothing else', () => {
    assert.equal(parseDigest(digest), digest);
    assert.equal(hexOf(digestOf('')), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    for (const bad of [
      '',
      'sha256:',
      digest.toUpperCase(),
      `${digest}a`,
      `sha512:${'a'.repeat(64)}`,
      `sha256:../${'a'.repeat(61)}`,
      `${digest}\n`,
    ])
      assert.equal(isDigest(bad), false, bad);
  });
});

describe('a chain id', () => {
  it('of one layer is its diffID, and hangs on the order of several', () => {
    const [one, two] = [digestOf('1'), digestOf('2')];
    assert.equal(chainId([one]), one);
    assert.equal(chainId([one, two]), digestOf(`${one} ${two}`));
    assert.notEqual(chainId([one, two]), chainId([two, one]));
  });
});

describe('a platform', () => {
  it('has Go’s names', () => {
    assert.equal(formatPlatform(hostPlatform('x64')), 'linux/amd64');
    assert.equal(formatPlatform({ os: 'linux', architecture: 'arm', variant: 'v7' }), 'linux/arm/v7');
  });
});
