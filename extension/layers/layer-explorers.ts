import * as vscode from 'vscode';
import type { StackSubject } from '../client/layers.ts';
import type { Session } from '../client/session.ts';
import { LayerExplorer } from './layer-explorer.ts';

/** The open layer explorers, at most one for an image or container. */
export interface LayerExplorers extends vscode.Disposable {
  open(session: Session, subject: StackSubject, title: string, position?: number): void;
}

export function createLayerExplorers(
  extensionUri: vscode.Uri,
  showError: (error: unknown) => void,
): LayerExplorers {
  const explorers = new Map<string, LayerExplorer>();
  return {
    open(session, subject, title, position) {
      const key = `${session.machine.id} ${subject.kind} ${subject.id}`;
      const known = explorers.get(key);
      if (known !== undefined && known.session === session) {
        known.reveal(position);
        return;
      }
      // One of an earlier connection has no engine to ask any more.
      known?.dispose();
      const explorer = new LayerExplorer({ session, subject, title, extensionUri, showError }, position);
      explorers.set(key, explorer);
      explorer.onClose(() => {
        if (explorers.get(key) === explorer) explorers.delete(key);
      });
    },
    dispose() {
      for (const explorer of Array.from(explorers.values())) explorer.dispose();
    },
  };
}
