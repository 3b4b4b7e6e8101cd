import * as vscode from 'vscode';
import { ConnectFailure } from '../connection/failure.ts';
import { messageOf } from '../model/message-of.ts';

interface Remedy {
  label: string;
  run(): Thenable<unknown>;
}

/**
 * Shows a failure as the engine or the connection told it, with what can be done about it.
 * `retry` does again what failed.
 */
export async function showError(
  error: unknown,
  log: vscode.LogOutputChannel,
  retry?: () => Thenable<unknown>,
): Promise<void> {
  log.error(error instanceof Error ? error : String(error));
  if (error instanceof ConnectFailure) {
    if (error.code === 'cancelled' || error.code === 'auth-cancelled') return;
    if (error.log !== undefined) log.info(error.log);
  }
  const remedies = error instanceof ConnectFailure ? remediesOf(error, log, retry) : [];
  const labels = remedies.map((remedy) => remedy.label);
  const answer = await vscode.window.showErrorMessage(sentence(messageOf(error)), ...labels);
  await remedies.find((remedy) => remedy.label === answer)?.run();
}

/** Messages are written in lower case, because they are often wrapped; in front of a user they begin a sentence. */
function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function remediesOf(
  failure: ConnectFailure,
  log: vscode.LogOutputChannel,
  retry: (() => Thenable<unknown>) | undefined,
): Remedy[] {
  const remedies: Remedy[] = [];
  const { command, location } = failure;
  if (location !== undefined && failure.action === 'open-known-hosts') {
    remedies.push({ label: 'Open known_hosts', run: () => openLocation(location) });
  }
  if (command !== undefined) {
    remedies.push({ label: 'Copy Command', run: () => vscode.env.clipboard.writeText(command) });
  }
  if (failure.action === 'edit-machine' || failure.action === 'choose-key') {
    const open = () => vscode.commands.executeCommand('workbench.action.openSettings', 'strata.machines');
    remedies.push({ label: 'Edit Machines', run: open });
  }
  if (retry !== undefined && failure.action !== 'none') {
    const label = failure.action === 'enter-password' ? 'Enter Password' : 'Try Again';
    remedies.push({ label, run: retry });
  }
  if (failure.log !== undefined || failure.action === 'show-log') {
    remedies.push({ label: 'Show Log', run: async () => log.show() });
  }
  return remedies;
}

/** `file` or `file:line`. */
async function openLocation(location: string): Promise<void> {
  const match = /^(.*?)(?::(\d+))?$/.exec(location);
  const line = Math.max(0, Number(match?.[2] ?? 1) - 1);
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(match?.[1] ?? location), { selection });
}
