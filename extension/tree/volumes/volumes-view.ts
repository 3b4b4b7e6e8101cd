import * as vscode from 'vscode';
import type { VolumeEntry } from '../../../backend/api/wire/strata-volumes.ts';
import type { Sessions } from '../../client/sessions.ts';
import { describeVolume, volumeTree } from '../../client/volumes.ts';
import { type VolumeFiles, volumeUri } from '../../files/volume-file-system.ts';
import { formatAge, formatBytes } from '../../model/format.ts';
import { volumeTitle, volumeUse } from '../../model/volume-words.ts';
import { registerNodeView, sessionItem, tooltipOf, underSessions } from '../node-view.ts';
import type { SessionNode, VolumeEntryNode, VolumeMoreNode, VolumeNode } from '../nodes.ts';

type Node = SessionNode | VolumeNode | VolumeEntryNode | VolumeMoreNode;
type Place = Omit<VolumeMoreNode, 'kind'>;

export function registerVolumesView(sessions: Sessions, files: VolumeFiles): vscode.Disposable {
  const volumesOf = (session: SessionNode['session']): Node[] =>
    Array.from(session.watch.state.volumes)
      .sort((a, b) => Number(a.anonymous) - Number(b.anonymous) || a.name.localeCompare(b.name))
      .map((volume) => ({ kind: 'volume', session, volume }));
  return registerNodeView<Node>(
    'strata.volumes',
    {
      children: (node) => childrenOf(node) ?? underSessions(sessions, node, volumesOf),
      item: itemOf,
      async resolve(item, node) {
        if (node.kind === 'volume') item.tooltip = await tooltip(node);
      },
    },
    (changed) =>
      vscode.Disposable.from(new vscode.Disposable(sessions.onChange(changed)), files.onDidChange(changed)),
  );
}

function childrenOf(node: Node | undefined): Promise<Node[]> | undefined {
  if (node?.kind === 'volume-more') return entriesOf(node);
  if (node?.kind === 'volume')
    return entriesOf({ session: node.session, volume: node.volume.name, path: '/', after: '' });
  if (node?.kind !== 'volume-entry') return undefined;
  return entriesOf({ session: node.session, volume: node.volume, path: node.entry.path, after: '' });
}

async function entriesOf({ session, volume, path, after }: Place): Promise<Node[]> {
  const { entries, next } = await volumeTree(session.api, volume, { path, after });
  const nodes: Node[] = entries
    .toSorted((a, b) => Number(isDirectory(b)) - Number(isDirectory(a)))
    .map((entry) => ({ kind: 'volume-entry', session, volume, entry }));
  if (next !== null) nodes.push({ kind: 'volume-more', session, volume, path, after: next });
  return nodes;
}

function itemOf(node: Node): vscode.TreeItem {
  if (node.kind === 'session') return sessionItem(node, node.session.watch.state.volumes.length);
  if (node.kind === 'volume') return volumeItem(node);
  return node.kind === 'volume-entry' ? entryItem(node) : moreItem(node);
}

function volumeItem({ session, volume }: VolumeNode): vscode.TreeItem {
  const item = new vscode.TreeItem(volumeTitle(volume), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `volume:${session.machine.id}:${volume.name}`;
  item.iconPath = new vscode.ThemeIcon('database');
  item.description = volumeUse(volume);
  item.contextValue = volume.users.length > 0 ? 'volume.used' : 'volume.unused';
  return item;
}

/** The size is asked for when the pointer rests: it costs a walk through all files. */
async function tooltip({ session, volume }: VolumeNode): Promise<vscode.MarkdownString> {
  const { size, users } = await describeVolume(session.api, volume.name);
  const created = Date.parse(volume.created) / 1000;
  return tooltipOf(volumeTitle(volume), [
    ['Size', size === null ? 'not on this machine' : formatBytes(size)],
    ...users.map(({ name, destination, readOnly, running }): [string, string] => [
      running ? 'Used by' : 'Kept by',
      `${name} at ${destination}${readOnly ? ' (read-only)' : ''}`,
    ]),
    ['Created', formatAge(created, Date.now())],
    [
      'Options',
      Object.entries(volume.options)
        .map(([name, value]) => `${name}=${value}`)
        .join(', '),
    ],
    ['Path', volume.mountpoint],
  ]);
}

function entryItem({ session, volume, entry }: VolumeEntryNode): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const item = new vscode.TreeItem(name, isDirectory(entry) ? Collapsed : None);
  item.id = `volume-entry:${session.machine.id}:${volume}:${entry.path}`;
  item.resourceUri = volumeUri({ machine: session.machine.id, volume, path: entry.path });
  item.description = entryDetail(entry);
  item.contextValue = `volume-entry.${entry.file.type}`;
  const { type, uid, gid, mode, mtime } = entry.file;
  item.iconPath = isDirectory(entry) ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.tooltip = tooltipOf(entry.path, [
    ['Type', type],
    ['Owner', `${uid}:${gid}`],
    ['Mode', mode.toString(8).padStart(4, '0')],
    ['Changed', new Date(mtime * 1000).toISOString()],
  ]);
  // Devices and pipes hold nothing that an editor could show.
  if (type === 'file' || type === 'symlink')
    item.command = { command: 'vscode.open', title: 'Open', arguments: [item.resourceUri] };
  return item;
}

function entryDetail({ file }: VolumeEntry): string {
  if (file.type === 'file') return formatBytes(file.size);
  if (file.type === 'symlink') return `→ ${file.linkTarget ?? ''}`;
  return file.type === 'directory' ? '' : file.type;
}

function moreItem({ session, volume, path, after }: VolumeMoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem(`More after ${after}`, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `volume-more:${session.machine.id}:${volume}:${path}:${after}`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  return item;
}

function isDirectory({ file }: VolumeEntry): boolean {
  return file.type === 'directory';
}
