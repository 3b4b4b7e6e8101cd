import assert from 'node:assert/strict';
import { digestOf } from '../../../backend/oci/digest.ts';
import { formatPlatform, type Platform } from '../../../backend/oci/platform.ts';
import { selectPlatform } from '../../../backend/registry/select-platform.ts';

const parse = (text: string): Platform => {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant ? { variant } : {}) };
};

function select(wanted: string, ...offers: string[]): string {
  const manifests = offers.map((offer) => {
    const { os, architecture, variant } = parse(offer);
    const platform = { os, architecture, ...(variant ? { variant } : {}) };
    return { mediaType: 'm', digest: digestOf(offer), size: 1, platform };
  });
  const found = selectPlatform({ schemaVersion: 2, manifests }, parse(wanted), 'x');
  return found.platform ? formatPlatform(found.platform) : '';
}

describe('selectPlatform', () => {
  it('takes the same system and architecture', () => {
    assert.equal(select('linux/amd64', 'windows/amd64', 'linux/arm64', 'linux/amd64'), 'linux/amd64');
  });
  it('takes the newest variant that runs', () => {
    assert.equal(select('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'), 'linux/arm/v6');
    assert.equal(select('linux/arm', 'linux/arm/v6', 'linux/arm/v7'), 'linux/arm/v7');
  });
  it('counts arm64 and arm64/v8 as the same', () => {
    assert.equal(select('linux/arm64', 'linux/arm64/v8'), 'linux/arm64/v8');
    assert.equal(select('linux/arm64/v8', 'linux/arm64'), 'linux/arm64');
  });
  it('takes no variant for newer processors unless it was asked for', () => {
    assert.equal(select('linux/amd64', 'linux/amd64/v3', 'linux/amd64'), 'linux/amd64');
    assert.equal(select('linux/amd64/v3', 'linux/amd64/v3', 'linux/amd64'), 'linux/amd64/v3');
  });
  it('names what there is when nothing fits, attestations left out', () => {
    assert.throws(
      () => select('linux/riscv64', 'linux/amd64', 'unknown/unknown', 'linux/arm/v7'),
      /linux\/riscv64 in the index of x: it has linux\/amd64, linux\/arm\/v7$/,
    );
  });
});
