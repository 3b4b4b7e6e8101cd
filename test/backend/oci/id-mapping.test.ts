import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { toContainer, toHost } from '../../../backend/oci/id-mapping.ts';

describe('ids of a container in a user namespace', () => {
  const mapping = { hostId: 100_000, size: 65_536 };

  it('lie one after the other on the host', () => {
    assert.equal(toHost(mapping, 0), 100_000);
    assert.equal(toHost(mapping, 65_535), 165_535);
    assert.equal(toContainer(mapping, 100_000), 0);
    assert.equal(toContainer(mapping, 165_535), 65_535);
  });

  it('end with the mapping', () => {
    assert.equal(toHost(mapping, 65_536), undefined);
    assert.equal(toHost(mapping, -1), undefined);
    assert.equal(toContainer(mapping, 0), undefined);
    assert.equal(toContainer(mapping, 165_536), undefined);
  });

  it('are the host’s where there is no mapping', () => {
    assert.equal(toHost(null, 7), 7);
    assert.equal(toContainer(null, 7), 7);
  });
});
