import * as vscode from 'vscode';
import type { FileType } from '../../backend/api/wire/strata-layers.ts';
import type { VolumeEntry } from '../../backend/api/wire/strata-volumes.ts';
import type { Api } from '../client/api.ts';
import { ApiError } from '../client/api-error.ts';
import type { Sessions } from '../client/sessions.ts';
import {
  makeVolumeDirectory,
  removeVolumePath,
  renameVolumePath,
  volumeFile,
  volumeStat,
  volumeTree,
  writeVolumeFile,
} from '../client/volumes.ts';
import { formatBytes } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { parseVolumePath, type VolumeAddress, volumeScheme, volumeUriPath } from '../model/volume-uri.ts';

const hardLimitBytes = 100_000_000;
/** A directory that has more is for a terminal. */
const mostEntries = 100_000;
const pageSize = 10_000;

export function volumeUri(address: VolumeAddress): vscode.Uri {
  return vscode.Uri.from({ scheme: volumeScheme, path: volumeUriPath(address) });
}

export interface VolumeFiles extends vscode.Disposable {
  /** Whoever shows files of volumes has to look again. */
  readonly onDidChange: vscode.Event<void>;
  /** What containers write is told by no event: the user says when to look again. */
  refresh(): void;
}

/** Files of volumes, to read and to write: `strata-volume:/machine/volume/path`. The engine writes a file as a whole. */
export function createVolumeFiles(sessions: Sessions): VolumeFiles {
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const looked = new vscode.EventEmitter<void>();
  const tell = (type: vscode.FileChangeType, ...uris: vscode.Uri[]) =>
    changed.fire(uris.map((uri) => ({ type, uri })));
  const at = (uri: vscode.Uri) => locate(sessions, uri);
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => explained(uri, async () => statOf(at(uri))),
    readDirectory: (uri) => explained(uri, async () => namesOf(at(uri))),
    readFile: (uri) => explained(uri, async () => contentOf(at(uri))),
    createDirectory: async (uri) => {
      const { api, volume, path } = at(uri);
      await explained(uri, () => makeVolumeDirectory(api, volume, path));
      tell(vscode.FileChangeType.Created, uri);
    },
    writeFile: async (uri, content, { create, overwrite }) => {
      const place = at(uri);
      const { api, volume, path } = place;
      if (create && !overwrite && (await isThere(place))) throw vscode.FileSystemError.FileExists(uri);
      await explained(uri, () => writeVolumeFile(api, volume, { path, create, content }));
      tell(vscode.FileChangeType.Changed, uri);
    },
    delete: async (uri, { recursive }) => {
      const { api, volume, path } = at(uri);
      await explained(uri, () => removeVolumePath(api, volume, path, recursive));
      tell(vscode.FileChangeType.Deleted, uri);
    },
    rename: async (from, to, { overwrite }) => {
      const { api, volume, path } = at(from);
      const target = at(to);
      if (target.api !== api || target.volume !== volume)
        throw vscode.FileSystemError.Unavailable('files are renamed within one volume only');
      await explained(from, () => renameVolumePath(api, volume, { from: path, to: target.path, overwrite }));
      tell(vscode.FileChangeType.Deleted, from);
      tell(vscode.FileChangeType.Created, to);
    },
  };
  const registration = vscode.workspace.registerFileSystemProvider(volumeScheme, provider, {
    isCaseSensitive: true,
  });
  const following = changed.event(() => looked.fire());
  return {
    onDidChange: looked.event,
    refresh: () => looked.fire(),
    dispose: () => vscode.Disposable.from(registration, following, changed, looked).dispose(),
  };
}

interface Place {
  api: Api;
  volume: string;
  path: string;
}

function locate(sessions: Sessions, uri: vscode.Uri): Place {
  const address = parseVolumePath(uri.path);
  if (address === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  const session = sessions.get(address.machine);
  if (session === undefined)
    throw vscode.FileSystemError.Unavailable('the machine of this volume is not connected');
  return { api: session.api, volume: address.volume, path: address.path };
}

async function statOf(place: Place): Promise<vscode.FileStat> {
  const { file } = await volumeStat(place.api, place.volume, place.path);
  const [type, size] = file.type === 'symlink' ? await followed(place) : [typeOf(file.type), file.size];
  return { type, ctime: 0, mtime: Math.floor(file.mtime * 1000), size };
}

/** What a symlink leads to decides how the editor treats it. */
async function followed({ api, volume, path }: Place): Promise<[vscode.FileType, number]> {
  const { SymbolicLink, File, Directory, Unknown } = vscode.FileType;
  try {
    const response = await volumeFile(api, volume, path, 'HEAD');
    response.resume();
    return [SymbolicLink | File, Number(response.headers['content-length'] ?? 0)];
  } catch {
    const listed = await volumeTree(api, volume, { path, limit: 1 }).catch(() => undefined);
    return [SymbolicLink | (listed ? Directory : Unknown), 0];
  }
}

async function namesOf({ api, volume, path }: Place): Promise<[string, vscode.FileType][]> {
  const names: [string, vscode.FileType][] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { entries: VolumeEntry[]; next: string | null } = await volumeTree(api, volume, {
      path,
      after,
      limit: pageSize,
    });
    for (const entry of page.entries)
      names.push([entry.path.slice(entry.path.lastIndexOf('/') + 1), typeOf(entry.file.type)]);
    if (names.length > mostEntries) throw new Error(`${path} has more than ${mostEntries} entries`);
    after = page.next;
  }
  return names;
}

async function contentOf({ api, volume, path }: Place): Promise<Uint8Array> {
  const response = await volumeFile(api, volume, path);
  if (Number(response.headers['content-length'] ?? 0) > hardLimitBytes) {
    response.destroy();
    throw new Error(`${path} is larger than ${formatBytes(hardLimitBytes)}`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function isThere({ api, volume, path }: Place): Promise<boolean> {
  return volumeStat(api, volume, path).then(
    () => true,
    () => false,
  );
}

function typeOf(type: FileType): vscode.FileType {
  if (type === 'directory') return vscode.FileType.Directory;
  if (type === 'symlink') return vscode.FileType.SymbolicLink;
  return type === 'file' ? vscode.FileType.File : vscode.FileType.Unknown;
}

/** The editor knows these four kinds of failure, and asks or offers accordingly. */
async function explained<T>(uri: vscode.Uri, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw vscode.FileSystemError.Unavailable(messageOf(error));
    if (error.status === 404) throw vscode.FileSystemError.FileNotFound(uri);
    if (error.status === 403) throw vscode.FileSystemError.NoPermissions(error.message);
    if (error.status === 409 && /file exists/.test(error.message))
      throw vscode.FileSystemError.FileExists(uri);
    throw vscode.FileSystemError.Unavailable(error.message);
  }
}
