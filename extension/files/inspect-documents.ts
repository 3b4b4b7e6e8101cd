import * as vscode from 'vscode';

/** Read-only JSON documents of what the engine tells about a thing. */
export interface Documents extends vscode.Disposable {
  show(name: string, value: unknown): Promise<void>;
}

const scheme = 'strata-inspect';

export function createInspectDocuments(): Documents {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const registration = vscode.workspace.registerTextDocumentContentProvider(scheme, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
  });
  const closing = vscode.workspace.onDidCloseTextDocument((document) => {
    texts.delete(document.uri.toString());
  });
  return {
    async show(name, value) {
      const file = `${name.replaceAll(/[/\\:@?#]/g, '_')}.json`;
      const uri = vscode.Uri.from({ scheme, path: `/${file}` });
      texts.set(uri.toString(), `${JSON.stringify(value, null, 2)}\n`);
      changed.fire(uri);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { preview: true });
    },
    dispose: () => vscode.Disposable.from(registration, closing, changed).dispose(),
  };
}
