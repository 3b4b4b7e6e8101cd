import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';
import { IMAGE_TIME } from './oci-layout.ts';

export interface TarEntry {
  path: string;
  /** Default: `file` where there is content, else `directory`. */
  type?: 'file' | 'directory' | 'symlink' | 'link';
  content?: string | Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
  linkname?: string;
}

export const directory = (path: string, mode = 0o755): TarEntry => ({ path, type: 'directory', mode });
export const file = (path: string, content: string | Buffer, mode = 0o644): TarEntry => ({
  path,
  content,
  mode,
});
export const symlink = (path: string, linkname: string): TarEntry => ({ path, type: 'symlink', linkname });

/** The marker of a deleted file, as layer tars have it. */
export function whiteout(path: string): TarEntry {
  const cut = path.lastIndexOf('/') + 1;
  return file(`${path.slice(0, cut)}.wh.${path.slice(cut)}`, '', 0o644);
}

/** The marker that hides all that lower layers have in a directory. */
export const opaque = (path: string): TarEntry => file(`${path}/.wh..wh..opq`, '', 0o644);

/** A tar stream of entries that are made as they are asked for: large layers are never whole in memory. */
export function tarOf(entries: Iterable<TarEntry>): Readable {
  const tar = pack();
  const write = async () => {
    for (const entry of entries) await writeEntry(tar, entry);
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(tar);
}

function writeEntry(tar: ReturnType<typeof pack>, entry: TarEntry): Promise<void> {
  const content = Buffer.from(entry.content ?? '');
  const type = entry.type ?? (entry.content === undefined ? 'directory' : 'file');
  const headers: Partial<Header> & { name: string } = {
    name: type === 'directory' ? `${entry.path}/` : entry.path,
    type,
    mode: entry.mode ?? (type === 'symlink' ? 0o777 : 0o755),
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: IMAGE_TIME,
    ...(entry.linkname === undefined ? {} : { linkname: entry.linkname }),
    ...(type === 'file' ? { size: content.length } : {}),
  };
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (type === 'file') tar.entry(headers, content, done);
    else tar.entry(headers, done);
  });
}
