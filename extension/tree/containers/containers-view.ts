import * as vscode from 'vscode';
import type { Sessions } from '../../client/sessions.ts';
import type { ContainerSummary } from '../../client/shapes/containers.ts';
import { isUp, sortedContainers } from '../../model/engine-state.ts';
import {
  containerName,
  familiarName,
  formatAge,
  formatBytes,
  formatPorts,
  publishedPorts,
  shortId,
  splitReference,
} from '../../model/format.ts';
import { registerNodeView, sessionItem, tooltipOf, underSessions } from '../node-view.ts';
import type { ContainerNode, SessionNode } from '../nodes.ts';

export function registerContainersView(sessions: Sessions): vscode.Disposable {
  const containersOf = (session: SessionNode['session']): ContainerNode[] =>
    sortedContainers(session.watch.state).map((container) => ({ kind: 'container', session, container }));
  return registerNodeView<ContainerNode | SessionNode>(
    'strata.containers',
    {
      children: (node) => (node?.kind === 'container' ? [] : underSessions(sessions, node, containersOf)),
      item: (node) =>
        node.kind === 'session'
          ? sessionItem(node, node.session.watch.state.containers.length)
          : itemOf(node),
      async resolve(item, node) {
        if (node.kind !== 'container') return;
        // The writable layer grows without an event: the pointer asks for its size of now.
        node.session.watch.refresh(node.container.Id);
        item.tooltip ??= tooltip(node.container);
      },
    },
    (changed) => new vscode.Disposable(sessions.onChange(changed)),
  );
}

function itemOf({ session, container }: ContainerNode): vscode.TreeItem {
  const item = new vscode.TreeItem(containerName(container));
  item.id = `container:${session.machine.id}:${container.Id}`;
  item.iconPath = iconOf(container);
  item.description = descriptionOf(container);
  item.contextValue = contextOf(container);
  item.accessibilityInformation = {
    label: `${containerName(container)}, ${container.State}, ${descriptionOf(container)}`,
  };
  return item;
}

function descriptionOf(container: ContainerSummary): string {
  const written = container.SizeRw === undefined ? '' : `${formatBytes(container.SizeRw)} written`;
  const state = isUp(container) ? '' : container.Status.toLowerCase();
  return [splitReference(container.Image).name, formatPorts(container), written, state]
    .filter((part) => part !== '')
    .join(' · ');
}

/** `container.up.ports`: the menus look for these words. */
function contextOf(container: ContainerSummary): string {
  const words = ['container', isUp(container) ? 'up' : 'down'];
  if (publishedPorts(container).some((port) => port.Type === 'tcp')) words.push('ports');
  return words.join('.');
}

function iconOf(container: ContainerSummary): vscode.ThemeIcon {
  switch (container.State) {
    case 'running':
      return new vscode.ThemeIcon('vm-running', new vscode.ThemeColor('charts.green'));
    case 'paused':
      return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('charts.yellow'));
    case 'restarting':
      return new vscode.ThemeIcon('loading~spin');
    case 'created':
      return new vscode.ThemeIcon('vm-outline');
    default:
      return new vscode.ThemeIcon('vm', new vscode.ThemeColor('disabledForeground'));
  }
}

function tooltip(container: ContainerSummary): vscode.MarkdownString {
  return tooltipOf(containerName(container), [
    ['State', container.Status || container.State],
    ['Image', familiarName(container.Image)],
    ['Command', container.Command],
    ['Ports', formatPorts(container)],
    ['Writable layer', container.SizeRw === undefined ? '' : formatBytes(container.SizeRw)],
    ['Created', formatAge(container.Created, Date.now())],
    ['Id', shortId(container.Id)],
  ]);
}
