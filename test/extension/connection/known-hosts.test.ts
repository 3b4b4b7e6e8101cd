import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import {
  fingerprint,
  keyTypeOf,
  lookupName,
  parseKnownHosts,
} from '../../../extension/connection/ssh/known-hosts.ts';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIDIhz2GK/XCUj4i6Q5yQJNL1MKFSNk9OkKGSqsk3hxPq';

function locations(text: string, name: string): string[] {
  return parseKnownHosts(text, 'kh', name).map(({ location }) => location);
}

describe('known_hosts', () => {
  it('finds a host among several names of one line', () => {
    const text = `# comment\n\nalpha,beta,10.0.0.1 ssh-ed25519 ${key} someone\r\ngamma ssh-ed25519 ${key}`;
    assert.deepEqual(locations(text, 'beta'), ['kh:3']);
    assert.deepEqual(locations(text, '10.0.0.1'), ['kh:3']);
    assert.deepEqual(locations(text, 'gamma'), ['kh:4']);
    assert.deepEqual(locations(text, 'alph'), []);
  });

  it('follows wildcards and negations, whatever the case of the letters', () => {
    const text = `*.example.org,!bad.example.org ssh-ed25519 ${key}\nbox? ssh-ed25519 ${key}`;
    assert.deepEqual(locations(text, 'GOOD.Example.org'), ['kh:1']);
    assert.deepEqual(locations(text, 'bad.example.org'), []);
    assert.deepEqual(locations(text, 'box1'), ['kh:2']);
    assert.deepEqual(locations(text, 'box12'), []);
    assert.deepEqual(locations(text, 'exampleXorg'), []);
  });

  it('finds hashed names, with and without a port', () => {
    const salt = Buffer.from('0123456789abcdefghij');
    const hash = (name: string): string =>
      `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
    const text = `${hash('alpha')} ssh-ed25519 ${key}\n${hash('[alpha]:2222')} ssh-ed25519 ${key}\n|1|broken ssh-ed25519 ${key}`;
    assert.deepEqual(locations(text, 'alpha'), ['kh:1']);
    assert.deepEqual(locations(text, lookupName('alpha', 2222)), ['kh:2']);
  });

  it('keeps markers apart and skips a line with one that it does not know', () => {
    const text = `@revoked * ssh-ed25519 ${key}\n@cert-authority *.org ssh-ed25519 ${key}\n@strange * ssh-ed25519 ${key}\nbroken line`;
    const found = parseKnownHosts(text, 'kh', 'a.org').map(({ marker }) => marker);
    assert.deepEqual(found, ['revoked', 'cert-authority']);
  });

  it('treats a name with brackets as a name and not as a pattern', () => {
    assert.deepEqual(locations(`[a.org]:22 ssh-ed25519 ${key}`, 'a'), []);
    assert.equal(lookupName('a.org', 22), 'a.org');
  });

  it('prints a fingerprint and the type of a key', () => {
    const bytes = Buffer.from(key, 'base64');
    assert.equal(keyTypeOf(bytes), 'ssh-ed25519');
    assert.match(fingerprint(bytes), /^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});
