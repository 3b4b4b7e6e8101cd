import { Readable } from 'node:stream';
import { createArchiveWorkers, type ArchiveWorkers } from '../../backend/layer/archive/archive-workers.ts';
import type { ExtractTask, PathStat, View } from '../../backend/layer/archive/messages.ts';
import { parseResourcePath } from '../../backend/layer/archive/resource-path.ts';
import type { TarEntry } from '../../backend/layer/tar/tar-entry.ts';
import { TarReader } from '../../backend/layer/tar/tar-reader.ts';

export interface ReadEntry extends TarEntry {
  content: string;
}

/** The entries of an archive, names and content as byte strings. */
export function readTar(archive: Buffer): ReadEntry[] {
  const entries: ReadEntry[] = [];
  const reader = new TarReader(
    {
      entry: (entry) => void entries.push({ ...entry, content: '' }),
      content: (bytes) => {
        const last = entries.at(-1);
        if (last) last.content += bytes.toString('latin1');
      },
      endOfEntry: () => undefined,
    },
    { maxHeaderBytes: 2 ** 20 },
  );
  reader.push(archive);
  reader.end();
  return entries;
}

export interface ArchiveFixture extends AsyncDisposable {
  workers: ArchiveWorkers;
  /** The archive of a path, whole. */
  pack(view: View, path: string): Promise<{ stat: PathStat; archive: Buffer }>;
  unpack(view: View, archive: Buffer | Readable, task?: Partial<ExtractTask>): Promise<void>;
}

export function archiveFixture(): ArchiveFixture {
  const workers = createArchiveWorkers();
  return {
    workers,
    pack: async (view, path) => {
      const task = { kind: 'archive', path: parseResourcePath(path), mapping: null } as const;
      const { opened, content } = workers.read(view, task);
      const stat = await opened;
      if (!stat) throw new Error('no stat');
      return { stat, archive: Buffer.concat((await content.toArray()) as Buffer[]) };
    },
    unpack: async (view, archive, task = {}) => {
      const source = Buffer.isBuffer(archive) ? Readable.from([archive]) : archive;
      const { signal } = new AbortController();
      await workers.extract(view, { ...EXTRACT, ...task }, source, signal).done;
    },
    [Symbol.asyncDispose]: () => workers.close(),
  };
}

const EXTRACT: ExtractTask = {
  kind: 'extract',
  path: '/',
  mapping: null,
  noOverwriteDirNonDir: false,
  owner: null,
  readOnlyRootfs: false,
  mounts: [],
};
