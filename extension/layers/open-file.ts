import * as vscode from 'vscode';
import type { FileAttributes, LayerChange } from '../../backend/api/wire/strata-layers.ts';
import type { StackSubject } from '../client/layers.ts';
import { readLayerFile } from '../client/read-layer-file.ts';
import type { Session } from '../client/session.ts';
import { largeFileBytes, layerUri } from '../files/layer-file-system.ts';
import { formatBytes } from '../model/format.ts';
import { looksBinary } from '../model/hex-dump.ts';
import type { LayerFileAddress, Shape } from '../model/layer-uri.ts';

/** One version of a file to show. */
interface Version {
  layer: number;
  file: FileAttributes;
}

export interface OpenFileOptions {
  session: Session;
  subject: StackSubject;
  path: string;
  /** Whether the keyboard goes to the editor. */
  focus: boolean;
}

/** What a layer did to a file: a diff where it hides another version, else the file itself. */
export async function openChange(
  options: OpenFileOptions,
  change: LayerChange,
  layer: number,
): Promise<void> {
  const now = change.file === undefined ? undefined : { layer, file: change.file };
  const before =
    change.shadowed === undefined || change.shadows === undefined
      ? undefined
      : { layer: change.shadows, file: change.shadowed };
  if (now === undefined && before !== undefined) {
    await openDiff(options, before, undefined, `deleted by layer ${layer}`);
  } else if (now !== undefined && before !== undefined && isReadable(before) && isReadable(now)) {
    const words =
      change.differs?.includes('content') === false ? ` (only ${change.differs.join(', ')} differ)` : '';
    await openDiff(options, before, now, `layer ${before.layer} ↔ layer ${layer}${words}`);
  } else if (now !== undefined) {
    await openVersion(options, now);
  }
}

/** A file as one layer holds it, read-only. */
export async function openVersion(options: OpenFileOptions, version: Version): Promise<void> {
  if (!isReadable(version)) return;
  const shape = await shapeOf(options, [version]);
  if (shape === undefined) return;
  await vscode.commands.executeCommand(
    'vscode.open',
    addressOf(options, version, shape),
    showOptions(options),
    `${nameOf(options.path)} (layer ${version.layer})`,
  );
}

async function openDiff(
  options: OpenFileOptions,
  before: Version,
  now: Version | undefined,
  words: string,
): Promise<void> {
  if (!isReadable(before)) return;
  const shape = await shapeOf(options, now === undefined ? [before] : [before, now]);
  if (shape === undefined) return;
  const left = addressOf(options, before, shape);
  const right = now === undefined ? emptyAddress(options, before) : addressOf(options, now, shape);
  const title = `${nameOf(options.path)}: ${words}`;
  await vscode.commands.executeCommand('vscode.diff', left, right, title, showOptions(options));
}

function showOptions(options: OpenFileOptions): vscode.TextDocumentShowOptions {
  // The explorer stays in sight: the file opens beside it, and the next click takes its place.
  return { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: !options.focus };
}

/** Directories, devices, pipes and sockets have no text to show. */
function isReadable({ file }: Version): boolean {
  return file.type === 'file' || file.type === 'symlink';
}

/** How to show the versions; undefined where the user does not want them. */
async function shapeOf(
  options: OpenFileOptions,
  versions: Version[],
): Promise<{ shape: Shape; large: boolean } | undefined> {
  const files = versions.filter(({ file }) => file.type === 'file');
  const binary = (await Promise.all(files.map((version) => isBinary(options, version)))).some(Boolean);
  // The editor shows pictures itself; any other binary is shown as a hex dump of its start.
  if (binary && !isPicture(options.path)) return { shape: 'hex', large: false };
  const size = Math.max(0, ...files.map(({ file }) => file.size));
  if (size <= largeFileBytes) return { shape: 'plain', large: false };
  const question = `${nameOf(options.path)} has ${formatBytes(size)}.`;
  const answer = await vscode.window.showInformationMessage(question, 'Open Anyway', 'Show Its Start');
  if (answer === undefined) return undefined;
  return answer === 'Open Anyway' ? { shape: 'plain', large: true } : { shape: 'hex', large: false };
}

async function isBinary(options: OpenFileOptions, version: Version): Promise<boolean> {
  const { session, subject, path } = options;
  const start = await readLayerFile(session.api, { subject, path, layer: version.layer }, 8_000);
  return looksBinary(start.bytes);
}

function isPicture(path: string): boolean {
  return /\.(?:png|jpe?g|gif|webp|bmp|ico)$/i.test(path);
}

function addressOf(
  options: OpenFileOptions,
  { layer, file }: Version,
  { shape, large }: { shape: Shape; large: boolean },
): vscode.Uri {
  const link = file.type === 'symlink';
  return layerUri({
    ...baseAddress(options, layer),
    shape: link ? 'text' : shape,
    stamp: `${file.digest ?? ''}${file.mtime}`,
    large,
    text: link ? `symbolic link to ${file.linkTarget ?? ''}\n` : '',
  });
}

function emptyAddress(options: OpenFileOptions, { layer }: Version): vscode.Uri {
  return layerUri({
    ...baseAddress(options, layer),
    shape: 'text',
    stamp: 'deleted',
    large: false,
    text: '',
  });
}

function baseAddress(
  options: OpenFileOptions,
  layer: number,
): Pick<LayerFileAddress, 'machine' | 'subject' | 'layer' | 'path'> {
  return { machine: options.session.machine.id, subject: options.subject, layer, path: options.path };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
