import * as vscode from 'vscode';
import type { Sessions } from '../client/sessions.ts';
import type { SessionNode, StrataNode } from './nodes.ts';

export interface NodeView<N extends StrataNode> {
  children(node: N | undefined): Promise<N[]> | N[];
  item(node: N): vscode.TreeItem;
  /** Completes the tooltip when the pointer rests on the node. */
  resolve?(item: vscode.TreeItem, node: N): Promise<void>;
}

/** A tree that is drawn again whenever `watch` says so, at most once per turn of the event loop. */
export function registerNodeView<N extends StrataNode>(
  id: string,
  view: NodeView<N>,
  watch: (changed: () => void) => vscode.Disposable,
): vscode.Disposable {
  const changed = new vscode.EventEmitter<undefined>();
  let pending = false;
  const watching = watch(() => {
    if (pending) return;
    pending = true;
    setImmediate(() => {
      pending = false;
      changed.fire(undefined);
    });
  });
  const provider: vscode.TreeDataProvider<N> = {
    onDidChangeTreeData: changed.event,
    getChildren: (node) => view.children(node),
    getTreeItem: (node) => view.item(node),
    async resolveTreeItem(item, node) {
      await view.resolve?.(item, node);
      return item;
    },
  };
  return vscode.Disposable.from(
    vscode.window.createTreeView(id, { treeDataProvider: provider, showCollapseAll: false }),
    watching,
    changed,
  );
}

/** The things of one machine at the root; under a node per machine where several are connected. */
export function underSessions<N extends StrataNode>(
  sessions: Sessions,
  node: StrataNode | undefined,
  of: (session: SessionNode['session']) => N[],
): (N | SessionNode)[] {
  if (node?.kind === 'session') return of(node.session);
  const [only, ...more] = sessions.all();
  if (only === undefined) return [];
  if (more.length === 0) return of(only);
  return sessions.all().map((session) => ({ kind: 'session', session }));
}

export function sessionItem({ session }: SessionNode, count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(session.machine.label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `session:${session.machine.id}`;
  item.iconPath = new vscode.ThemeIcon('vm-connect');
  item.description = session.state === 'connected' ? String(count) : `${session.state}…`;
  item.contextValue = 'session';
  return item;
}

/** A tooltip of label and value lines. Values come from images and engines: they are text, never markup. */
export function tooltipOf(title: string, lines: readonly [string, string][]): vscode.MarkdownString {
  const text = new vscode.MarkdownString('**');
  text.appendText(title).appendMarkdown('**\n\n');
  for (const [label, value] of lines) {
    if (value !== '') text.appendMarkdown(`${label}: `).appendText(value).appendMarkdown('  \n');
  }
  return text;
}
