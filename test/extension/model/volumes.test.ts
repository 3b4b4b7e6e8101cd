import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { StrataVolume } from '../../../backend/api/wire/strata-volumes.ts';
import { changesUsers, staleAfter } from '../../../extension/model/engine-state.ts';
import { parseVolumePath, volumeUriPath } from '../../../extension/model/volume-uri.ts';
import { complaintAboutName, volumeTitle, volumeUse } from '../../../extension/model/volume-words.ts';

const volume = (part: Partial<StrataVolume>): StrataVolume => ({
  name: 'data',
  driver: 'local',
  mountpoint: '/volumes/data/_data',
  created: '2026-01-01T00:00:00Z',
  labels: {},
  options: {},
  anonymous: false,
  users: [],
  size: null,
  ...part,
});
const user = (name: string) => ({ id: name, name, running: true, destination: '/d', readOnly: false });
const event = (Type: string, Action: string) => ({ Type, Action, Actor: { ID: 'x' } });

describe('the words about volumes', () => {
  it('say who uses one, each once, and what kind it is', () => {
    assert.equal(volumeUse(volume({})), 'unused');
    assert.equal(volumeUse(volume({ users: [user('a'), user('b'), user('a')] })), 'used by a, b');
    assert.equal(volumeUse(volume({ anonymous: true })), 'unused · anonymous');
    assert.equal(volumeUse(volume({ options: { type: 'nfs', device: ':/x' } })), 'unused · nfs');
  });

  it('shorten the name of an anonymous one', () => {
    assert.equal(volumeTitle(volume({ name: 'ab'.repeat(32), anonymous: true })), 'abababababab');
    assert.equal(volumeTitle(volume({ name: 'ab'.repeat(32) })), 'ab'.repeat(32));
  });

  it('tell what is wrong with a name', () => {
    for (const good of ['ab', 'a.b-c_d', '0x']) assert.equal(complaintAboutName(good), undefined, good);
    for (const bad of ['', 'a', '.ab', 'a/b', 'a b', 'x'.repeat(256)])
      assert.ok(complaintAboutName(bad), bad);
  });
});

describe('the address of a file in a volume', () => {
  it('leads back to machine, volume and path, whatever the names are', () => {
    for (const path of ['/', '/a', '/a b/ü/#x?y', '/odd\\xff\n']) {
      const address = { machine: 'ssh:host/1', volume: 'my.vol', path };
      assert.deepEqual(parseVolumePath(volumeUriPath(address)), address);
    }
  });

  it('is nothing where there is no volume in it', () => {
    for (const path of ['', '/', '/machine', '/machine/', '/%zz/volume/x', 'a/b/c'])
      assert.equal(parseVolumePath(path), undefined, path);
  });
});

describe('volumes are listed again', () => {
  it('when one comes or goes, and when containers that use them do', () => {
    for (const action of ['create', 'destroy', 'prune'])
      assert.deepEqual(staleAfter(event('volume', action)), { kind: 'volumes' }, action);
    assert.equal(staleAfter(event('volume', 'mount')), undefined);
    assert.equal(changesUsers(event('container', 'destroy')), true);
    assert.equal(changesUsers(event('container', 'exec_start: sh')), false);
    assert.equal(changesUsers(event('volume', 'create')), false);
  });
});
