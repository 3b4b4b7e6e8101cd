import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, readFile, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { invalidArgument, isErrno, messageOf, notFound, resourceExhausted } from '../base/errors.ts';
import { finishDigest, hexOf, isDigest, type Digest } from '../oci/digest.ts';
import type { Layout } from './layout.ts';

/** What a blob has to be: a content descriptor is one. */
export interface ExpectedBlob {
  digest: Digest;
  /** Bytes. */
  size: number;
}

/**
 * Bytes by their digest: manifests, configs and compressed layers, as the registry sent them.
 * A blob is whole and verified, or not there: it is made under `<data>/tmp`, checked, synced and renamed.
 */
export interface BlobStore {
  has(digest: Digest): boolean;
  /** The whole content of a small blob. @throws not-found */
  read(digest: Digest): Promise<Buffer>;
  /** @throws not-found */
  open(digest: Digest): Readable;
  /**
   * Takes a blob in while it arrives. `tee` gets the same bytes, with back-pressure; it is ended only
   * after digest and size are right, and destroyed with the error otherwise. The bytes are its to keep.
   * @throws invalid-argument for a wrong digest or size; what `source` and `tee` throw. Nothing is left behind.
   */
  ingest(expected: ExpectedBlob, source: AsyncIterable<Uint8Array>, tee?: Writable): Promise<void>;
  remove(digest: Digest): Promise<void>;
  list(): Promise<Digest[]>;
}

/** Enough for one system call to be cheap beside its bytes, little enough for many downloads at once. */
const BATCH = 1024 * 1024;

const TMP_PREFIX = 'blob-';

export function createBlobStore(layout: Pick<Layout, 'blobs' | 'tmp' | 'blob'>): BlobStore {
  mkdirSync(layout.blobs, { recursive: true });
  mkdirSync(layout.tmp, { recursive: true });
  // What an earlier daemon did not get to the end of.
  for (const name of readdirSync(layout.tmp))
    if (name.startsWith(TMP_PREFIX)) rmSync(join(layout.tmp, name), { force: true });
  const has = (digest: Digest): boolean =>
    statSync(layout.blob(digest), { throwIfNoEntry: false })?.isFile() ?? false;
  return {
    has,
    read: async (digest) => {
      if (!has(digest)) throw notFound(`no such blob: ${digest}`);
      return await readFile(layout.blob(digest));
    },
    open: (digest) => {
      if (!has(digest)) throw notFound(`no such blob: ${digest}`);
      return createReadStream(layout.blob(digest), { highWaterMark: BATCH });
    },
    ingest: async (expected, source, tee) => {
      try {
        await ingest(layout, expected, source, tee);
      } catch (error) {
        tee?.destroy(error instanceof Error ? error : undefined);
        throw explain(error, expected, layout.blobs);
      }
    },
    remove: (digest) => rm(layout.blob(digest), { force: true }),
    list: async () => {
      const names = await readdir(layout.blobs);
      return names.map((name) => `sha256:${name}`).filter((text) => isDigest(text));
    },
  };
}

async function ingest(
  layout: Pick<Layout, 'tmp' | 'blob'>,
  expected: ExpectedBlob,
  source: AsyncIterable<Uint8Array>,
  tee: Writable | undefined,
): Promise<void> {
  await using undo = new CleanupStack();
  const temporary = join(
    layout.tmp,
    `${TMP_PREFIX}${hexOf(expected.digest)}-${randomBytes(6).toString('hex')}`,
  );
  const file = await open(temporary, 'wx', 0o600);
  undo.defer(() => rm(temporary, { force: true }));
  try {
    await copyVerified(expected, source, file, tee);
    tee?.end();
    await file.datasync();
  } finally {
    await file.close();
  }
  const target = layout.blob(expected.digest);
  await rename(temporary, target);
  undo.release();
  await syncDirectory(dirname(target));
}

async function copyVerified(
  expected: ExpectedBlob,
  source: AsyncIterable<Uint8Array>,
  file: FileHandle,
  tee: Writable | undefined,
): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  let batch: Uint8Array[] = [];
  let batched = 0;
  const flush = async (): Promise<void> => {
    const chunks = batch;
    [batch, batched] = [[], 0];
    if (chunks.length === 0) return;
    await writeAll(file, chunks);
    // Written before they are handed on: a reader in another thread may take the buffers away.
    if (tee) await feed(tee, chunks);
  };
  for await (const chunk of source) {
    received += chunk.length;
    if (received > expected.size) throw wrongSize(expected, `more than ${expected.size}`);
    hash.update(chunk);
    batch.push(chunk);
    batched += chunk.length;
    if (batched >= BATCH) await flush();
  }
  await flush();
  if (received !== expected.size) throw wrongSize(expected, `${received}`);
  const actual = finishDigest(hash);
  if (actual !== expected.digest)
    throw invalidArgument(`blob ${expected.digest} is corrupt: its bytes have the digest ${actual}`);
}

/** `writev` may write less than it was given, on a disk that is nearly full for one. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === total) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let done = 0; done < rest.length; ) done += (await file.write(rest, done)).bytesWritten;
}

async function feed(tee: Writable, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    if (tee.destroyed) throw tee.errored ?? invalidArgument('the reader of the blob went away');
    if (!tee.write(chunk)) await drained(tee);
  }
}

/** Rejects when the stream is closed before it drains; waiting for `drain` alone would be for ever. */
function drained(tee: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      tee.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      tee.off('drain', onDrain);
      reject(tee.errored ?? invalidArgument('the reader of the blob went away'));
    };
    tee.once('drain', onDrain);
    tee.once('close', onClose);
  });
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function wrongSize(expected: ExpectedBlob, bytes: string): Error {
  return invalidArgument(
    `blob ${expected.digest} has the wrong size: ${expected.size} bytes promised, ${bytes} received`,
  );
}

function explain(error: unknown, { digest }: ExpectedBlob, directory: string): unknown {
  if (!isErrno(error, 'ENOSPC') && !isErrno(error, 'EDQUOT')) return error;
  return resourceExhausted(
    `no space left for blob ${digest} in ${directory}: free some, or prune images (${messageOf(error)})`,
    error,
  );
}
