import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { digestOf } from '../../../backend/oci/digest.ts';
import { createBlobStore, type BlobStore } from '../../../backend/store/blobs.ts';
import { createLayout, type Layout } from '../../../backend/store/layout.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

describe('createBlobStore', () => {
  let directory: TempDir;
  let layout: Layout;
  let blobs: BlobStore;
  const bytes = randomBytes(3_000_000);
  const expected = { digest: digestOf(bytes), size: bytes.length };

  beforeEach(async () => {
    directory = await makeTempDir('strata-blobs-');
    layout = createLayout(directory.path, join(directory.path, 'run'));
    blobs = createBlobStore(layout);
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  async function* pieces(size = 65_536, content = bytes): AsyncGenerator<Buffer> {
    for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
  }
  const isEmpty = (): void =>
    assert.deepEqual(
      [layout.blobs, layout.tmp].flatMap((path) => readdirSync(path)),
      [],
    );

  it('keeps a blob under its digest', async () => {
    await blobs.ingest(expected, pieces());
    assert.ok(blobs.has(expected.digest));
    assert.ok((await blobs.read(expected.digest)).equals(bytes));
    assert.ok(Buffer.concat(await blobs.open(expected.digest).toArray()).equals(bytes));
    assert.deepEqual(await blobs.list(), [expected.digest]);
    await blobs.remove(expected.digest);
    assert.ok(!blobs.has(expected.digest));
    isEmpty();
  });

  it('gives the same bytes to the tee, which ends after verification', async () => {
    const tee = new PassThrough();
    const [, copy] = await Promise.all([blobs.ingest(expected, pieces(), tee), tee.toArray()]);
    assert.ok(Buffer.concat(copy as Buffer[]).equals(bytes));
  });

  it('does not end the tee when the digest is wrong', async () => {
    const tee = new PassThrough().resume();
    let ended = false;
    tee.on('end', () => {
      ended = true;
    });
    tee.on('error', () => undefined);
    const wrong = { ...expected, digest: digestOf('other') };
    await assert.rejects(blobs.ingest(wrong, pieces(), tee), /is corrupt: its bytes have the digest sha256:/);
    assert.ok(tee.destroyed && !ended);
    isEmpty();
  });

  it('refuses more and fewer bytes than promised', async () => {
    await assert.rejects(
      blobs.ingest({ ...expected, size: 10 }, pieces()),
      /wrong size: 10 bytes promised, more than 10/,
    );
    await assert.rejects(
      blobs.ingest({ ...expected, size: 9e9 }, pieces()),
      /wrong size: .*3000000 received/,
    );
    isEmpty();
  });

  it('leaves nothing when the source breaks off', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 2_000_000);
      throw new Error('cable cut');
    }
    await assert.rejects(blobs.ingest(expected, broken()), /cable cut/);
    isEmpty();
  });

  it('ends when the reader of the tee fails or goes away', async () => {
    const failing = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(new Error('no room')),
    });
    failing.on('error', () => undefined);
    await assert.rejects(blobs.ingest(expected, pieces(), failing), /no room/);
    const leaving = new PassThrough({ highWaterMark: 1 });
    setTimeout(() => leaving.destroy(), 10);
    await assert.rejects(blobs.ingest(expected, pieces(), leaving), /went away/);
    isEmpty();
  });

  it('forgets what an earlier daemon left half written', () => {
    writeFileSync(join(layout.tmp, 'blob-abc-123'), 'half');
    createBlobStore(layout);
    isEmpty();
  });

  it('says which blob is not there', async () => {
    await assert.rejects(blobs.read(expected.digest), /no such blob: sha256:/);
    assert.throws(() => blobs.open(expected.digest), /no such blob: sha256:/);
  });
});
