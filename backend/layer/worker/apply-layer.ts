import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { invalidArgument, StrataError } from '../../base/errors.ts';
import { confineTo } from '../../linux/confine.ts';
import { syncFileSystem } from '../../linux/sync-file-system.ts';
import { finishDigest } from '../../oci/digest.ts';
import { encodeIndex } from '../index-file.ts';
import { contentOf, writeLayerFiles, type StoredMeta } from '../layer-files.ts';
import { quoteName } from '../tar/malformed.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { buildIndex } from './build-index.ts';
import { createDecompressor, type Decompressor } from './decompress.ts';
import type { ApplyJob } from './messages.ts';
import { Unpacker } from './unpacker.ts';

/** One layer in the making. Every call throws what is wrong with the layer; then only `abandon` is left. */
export interface LayerApply {
  write(chunk: Buffer): Promise<void>;
  /** The layer is whole: checked, described and on disk. */
  finish(): Promise<StoredMeta>;
  abandon(): void;
}

/** From here until `finish` or `abandon` the job's directory is this thread's root. */
export function beginApply(job: ApplyJob): LayerApply {
  const content = contentOf(job.directory);
  mkdirSync(content, 0o755);
  const leave = confineTo(content);
  const unpacker = new Unpacker(job.limits);
  const reader = new TarReader(unpacker, job.limits);
  const hash = createHash('sha256');
  const overLimit = limitOf(job, reader);
  const decompressor = createDecompressor(job.compression, (chunk) => {
    overLimit(chunk.length);
    hash.update(chunk);
    reader.push(chunk);
  });
  return {
    write: (chunk) => namingEntry(reader, () => decompressor.write(chunk)),
    finish: async () => {
      await namingEntry(reader, () => decompressor.end());
      reader.end();
      checkDiffId(job, finishDigest(hash), reader);
      unpacker.finish();
      leave();
      return describe(job, unpacker);
    },
    abandon: () => abandon(unpacker, decompressor, leave),
  };
}

function describe(job: ApplyJob, unpacker: Unpacker): StoredMeta {
  const { index, size } = buildIndex(unpacker.tree, job.diffId);
  const meta: StoredMeta = {
    version: 1,
    diffId: job.diffId,
    size,
    files: index.entries.length,
    droppedXattrs: unpacker.droppedXattrs,
    refusedXattrs: Object.fromEntries(unpacker.disk.refusedXattrs),
  };
  writeLayerFiles(job.directory, encodeIndex(index), meta);
  syncFileSystem(job.directory);
  return meta;
}

/** Also what stands between and after the entries counts, or an endless tail of zeros would go on for ever. */
function limitOf({ limits }: ApplyJob, reader: TarReader): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total > limits.maxBytes + limits.maxEntries * 1024)
      throw invalidArgument(
        `layer is over the limit of ${limits.maxBytes} bytes at entry ${quoteName(reader.lastName)}`,
      );
  };
}

/** A stream that breaks off or is damaged is reported with the entry that it broke off in. */
async function namingEntry(reader: TarReader, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StrataError) || !error.message.startsWith('layer is damaged')) throw error;
    throw invalidArgument(`${error.message} (at entry ${quoteName(reader.lastName)})`, error);
  }
}

function checkDiffId({ diffId }: ApplyJob, actual: string, reader: TarReader): void {
  if (actual === diffId) return;
  const ending = reader.terminated ? '' : `; the archive stops after entry ${quoteName(reader.lastName)}`;
  throw invalidArgument(`layer has diffID ${actual}, but ${diffId} was promised${ending}`);
}

function abandon(unpacker: Unpacker, decompressor: Decompressor, leave: () => void): void {
  decompressor.destroy();
  try {
    unpacker.abandon();
  } finally {
    leave();
  }
}
