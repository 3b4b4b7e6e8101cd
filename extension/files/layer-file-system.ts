import * as vscode from 'vscode';
import { isNotFound } from '../client/api-error.ts';
import { readLayerFile } from '../client/read-layer-file.ts';
import type { Sessions } from '../client/sessions.ts';
import { formatBytes } from '../model/format.ts';
import { hexDump } from '../model/hex-dump.ts';
import { type LayerFileAddress, layerQuery, layerScheme, parseLayerAddress } from '../model/layer-uri.ts';
import { messageOf } from '../model/message-of.ts';

/** Larger files are only opened when the user says so. */
export const largeFileBytes = 5_000_000;
const hardLimitBytes = 100_000_000;
const hexBytes = 64 * 1024;
const cachedFiles = 16;

export function layerUri(address: LayerFileAddress): vscode.Uri {
  return vscode.Uri.from({ scheme: layerScheme, path: address.path, query: layerQuery(address) });
}

/** Files as single layers hold them, read-only: `strata-layer:/etc/passwd?machine=…&layer=2`. */
export function registerLayerFileSystem(sessions: Sessions): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const contents = createContents(sessions);
  const refuse = () => {
    throw vscode.FileSystemError.NoPermissions('layers cannot be changed');
  };
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    async stat(uri) {
      // The size has to be that of what readFile gives, also for a hex dump; so the content is fetched now.
      const size = (await contents(uri)).byteLength;
      const permissions = vscode.FilePermission.Readonly;
      return { type: vscode.FileType.File, ctime: 0, mtime: 0, size, permissions };
    },
    readFile: (uri) => contents(uri),
    readDirectory: () => [],
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  return vscode.Disposable.from(
    vscode.workspace.registerFileSystemProvider(layerScheme, provider, {
      isReadonly: true,
      isCaseSensitive: true,
    }),
    changed,
  );
}

/** A version never changes under its address, so the last few stay here: the editor asks several times. */
function createContents(sessions: Sessions): (uri: vscode.Uri) => Promise<Uint8Array> {
  const cache = new Map<string, Promise<Uint8Array>>();
  return (uri) => {
    const key = uri.toString();
    const known = cache.get(key);
    if (known !== undefined) return known;
    const loading = load(sessions, uri);
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    const oldest = cache.keys().next().value;
    if (cache.size > cachedFiles && oldest !== undefined) cache.delete(oldest);
    return loading;
  };
}

async function load(sessions: Sessions, uri: vscode.Uri): Promise<Uint8Array> {
  const address = parseLayerAddress(uri.path, uri.query);
  if (address === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  if (address.shape === 'text') return Buffer.from(address.text, 'utf8');
  const session = sessions.get(address.machine);
  if (session === undefined) {
    throw vscode.FileSystemError.Unavailable('the machine of this layer is not connected');
  }
  const limit = address.shape === 'hex' ? hexBytes : address.large ? hardLimitBytes : largeFileBytes;
  try {
    const start = await readLayerFile(session.api, address, limit);
    if (address.shape === 'hex') return Buffer.from(hexDump(start.bytes, start.total), 'utf8');
    if (start.more) throw new Error(`${address.path} is larger than ${formatBytes(limit)}`);
    return start.bytes;
  } catch (error) {
    if (isNotFound(error)) throw vscode.FileSystemError.FileNotFound(uri);
    throw vscode.FileSystemError.Unavailable(messageOf(error));
  }
}
