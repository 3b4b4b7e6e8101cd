import * as vscode from 'vscode';
import { layerStack } from '../../client/layers.ts';
import type { Sessions } from '../../client/sessions.ts';
import {
  familiarName,
  formatAge,
  formatBytes,
  imageTags,
  imageTitle,
  shortId,
  splitReference,
} from '../../model/format.ts';
import { readableInstruction } from '../../model/instruction.ts';
import { registerNodeView, sessionItem, tooltipOf, underSessions } from '../node-view.ts';
import type { ImageNode, LayerNode, SessionNode } from '../nodes.ts';

export function registerImagesView(sessions: Sessions): vscode.Disposable {
  const imagesOf = (session: SessionNode['session']): (ImageNode | LayerNode)[] =>
    Array.from(session.watch.state.images)
      .sort((a, b) => imageTitle(a).localeCompare(imageTitle(b)))
      .map((image) => ({ kind: 'image', session, image }));
  return registerNodeView<ImageNode | LayerNode | SessionNode>(
    'strata.images',
    {
      children: (node) => {
        if (node?.kind === 'layer') return [];
        return node?.kind === 'image' ? layersOf(node) : underSessions(sessions, node, imagesOf);
      },
      item: (node) => {
        if (node.kind === 'session') return sessionItem(node, node.session.watch.state.images.length);
        return node.kind === 'image' ? imageItem(node) : layerItem(node);
      },
    },
    (changed) => new vscode.Disposable(sessions.onChange(changed)),
  );
}

/** The top layer stands on top, as in the stack. */
async function layersOf({ session, image }: ImageNode): Promise<LayerNode[]> {
  const { layers } = await layerStack(session.api, { kind: 'image', id: image.Id });
  return layers.toReversed().map((layer) => ({ kind: 'layer', session, image, layer }));
}

function imageItem({ session, image }: ImageNode): vscode.TreeItem {
  const tags = imageTags(image).map(familiarName);
  const collapsed = vscode.TreeItemCollapsibleState.Collapsed;
  const { registry, name } = splitReference(tags[0] ?? shortId(image.Id));
  const item = new vscode.TreeItem(name, collapsed);
  item.id = `image:${session.machine.id}:${image.Id}`;
  item.iconPath = new vscode.ThemeIcon(tags.length > 0 ? 'package' : 'circle-outline');
  const more = tags.length > 1 ? `+${tags.length - 1} ${tags.length === 2 ? 'tag' : 'tags'}` : '';
  item.description = [formatBytes(image.Size), registry, more].filter((part) => part !== '').join(' · ');
  item.contextValue = 'image';
  item.tooltip = tooltipOf(tags[0] ?? shortId(image.Id), [
    ['Tags', tags.join(', ')],
    ['Size', formatBytes(image.Size)],
    ['Created', formatAge(image.Created, Date.now())],
    ['Id', shortId(image.Id)],
  ]);
  return item;
}

function layerItem(node: LayerNode): vscode.TreeItem {
  const { session, image, layer } = node;
  const instruction = readableInstruction(layer.instruction);
  // The size comes first: an instruction of any length would push it out of sight.
  const item = new vscode.TreeItem(formatBytes(layer.size));
  item.id = `layer:${session.machine.id}:${image.Id}:${layer.position}`;
  item.iconPath = new vscode.ThemeIcon('layers');
  item.description = instruction || `layer ${layer.position}`;
  item.contextValue = 'layer';
  item.tooltip = tooltipOf(`Layer ${layer.position}`, [
    ['Made by', instruction],
    ['Size', formatBytes(layer.size)],
    ['Entries', String(layer.files)],
    ['Digest', layer.digest ?? ''],
  ]);
  item.command = { command: 'strata.image.exploreLayers', title: 'Explore Layers', arguments: [node] };
  return item;
}
