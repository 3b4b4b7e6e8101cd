import * as vscode from 'vscode';
import type { Connector } from '../client/connector.ts';

/** Connects at activation to the machine that the setting `strata.autoConnect` names, if it is known. */
export async function autoConnect(connector: Connector): Promise<void> {
  const wanted = vscode.workspace.getConfiguration('strata').get<string>('autoConnect', '');
  if (wanted === '') return;
  const machine = (await connector.machines()).find(({ id }) => id === wanted);
  // By the command, so that progress, failures and their remedies appear as after a click.
  if (machine !== undefined) {
    await vscode.commands.executeCommand('strata.machine.connect', { kind: 'machine', machine });
    return;
  }
  void vscode.window.showWarningMessage(`The setting strata.autoConnect names no known machine: ${wanted}`);
}
