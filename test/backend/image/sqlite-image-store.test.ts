import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Image } from '../../../backend/image/image-store.ts';
import { createImageStore } from '../../../backend/image/sqlite-image-store.ts';
import { digestOf, type Digest } from '../../../backend/oci/digest.ts';
import { parseReference } from '../../../backend/oci/reference.ts';
import { openRecords, type Records } from '../../../backend/store/records.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

function imageOf(id: Digest): Omit<Image, 'tags' | 'digests'> {
  const config = { mediaType: 'c', digest: id, size: 2 };
  return {
    id,
    manifestDescriptor: { mediaType: 'm', digest: digestOf(`manifest of ${id}`), size: 3 },
    manifest: { schemaVersion: 2, config, layers: [] },
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    diffIds: [digestOf('layer')],
    size: 5,
  };
}
const twin = (end: string): Digest => `sha256:${'ab'.repeat(31)}${end}` as Digest;

describe('createImageStore', () => {
  let directory: TempDir;
  let records: Records;
  const path = (): string => join(directory.path, 'strata.db');

  beforeEach(async () => {
    directory = await makeTempDir('strata-records-');
    records = openRecords(path());
  });
  afterEach(async () => {
    records[Symbol.dispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('has after a restart what it had before', () => {
    const image = imageOf(digestOf('a'));
    createImageStore(records).put(image, [parseReference('a:1'), parseReference(`a@${image.id}`)]);
    records[Symbol.dispose]();
    records = openRecords(path());
    const { lastTagTime, ...found } = createImageStore(records).resolve('a:1');
    assert.ok(lastTagTime);
    assert.deepEqual(found, {
      ...image,
      tags: ['docker.io/library/a:1'],
      digests: [`docker.io/library/a@${image.id}`],
    });
  });

  it('moves a tag from the image that had it', () => {
    const store = createImageStore(records);
    for (const id of [digestOf('a'), digestOf('b')]) store.put(imageOf(id), [parseReference('x:1')]);
    assert.equal(store.resolve('x:1').id, digestOf('b'));
    assert.deepEqual(store.get(digestOf('a'))?.tags, []);
  });

  it('says whether a removed name was the last', () => {
    const store = createImageStore(records);
    store.put(imageOf(digestOf('a')), [parseReference('x:1'), parseReference('x:2')]);
    assert.equal(store.untag(parseReference('x:1')), true);
    assert.equal(store.untag(parseReference('x:2')), false);
    assert.throws(() => store.untag(parseReference('x:2')), /No such image/);
    store.remove(digestOf('a'));
    assert.deepEqual(store.list(), []);
  });

  it('refuses a prefix that fits several ids', () => {
    const store = createImageStore(records);
    for (const end of ['01', '02']) store.put(imageOf(twin(end)), []);
    assert.throws(() => store.resolve('ababab'), /ambiguous image id prefix: ababab/);
    assert.equal(store.resolve(twin('01').slice(7)).id, twin('01'));
  });

  it('prefers a name to the prefix of an id', () => {
    const store = createImageStore(records);
    store.put(imageOf(twin('01')), []);
    store.put(imageOf(digestOf('named')), [parseReference('abab:latest')]);
    assert.equal(store.resolve('abab').id, digestOf('named'));
  });

  it('has in memory what is on disk, also after a write that failed', () => {
    const store = createImageStore(records);
    const broken = { ...imageOf(digestOf('a')), size: 1n as unknown as number };
    assert.throws(() => store.put(broken, [parseReference('x')]));
    assert.deepEqual(store.list(), []);
    store.put(imageOf(digestOf('a')), [parseReference('x')]);
    assert.equal(store.list().length, 1);
  });

  it('names a record that cannot be read', () => {
    createImageStore(records).put(imageOf(digestOf('a')), []);
    const database = new DatabaseSync(path());
    database.exec(`UPDATE images SET value = '{"id":5}'`);
    database.close();
    assert.throws(
      () => createImageStore(records),
      new RegExp(`record images/${digestOf('a')} cannot be read`),
    );
  });
});
