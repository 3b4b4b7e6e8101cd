import * as vscode from 'vscode';
import type { Sessions } from '../client/sessions.ts';

/** Keeps the words up to date that `when` clauses of package.json ask for. */
export function followContextKeys(sessions: Sessions): vscode.Disposable {
  const shown = new Map<string, boolean>();
  const set = (key: string, value: boolean) => {
    if (shown.get(key) === value) return;
    shown.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const follow = () => {
    set('strata.connected', sessions.all().length > 0);
    set(
      'strata.live',
      sessions.all().some((session) => session.watch.live),
    );
  };
  follow();
  return new vscode.Disposable(sessions.onChange(follow));
}
