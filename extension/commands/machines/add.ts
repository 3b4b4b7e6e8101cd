import * as vscode from 'vscode';
import { parseAddress } from '../../machines/settings.ts';
import type { Command } from '../command.ts';

export const addMachineCommand: Command = {
  id: 'strata.machine.add',
  async run() {
    const text = await vscode.window.showInputBox({
      title: 'Add an SSH Machine',
      prompt:
        'A Linux machine that you reach over SSH. Hosts of your SSH configuration are listed by themselves.',
      placeHolder: 'user@host:22',
      ignoreFocusOut: true,
      validateInput: (value) => {
        const machine = parseAddress(value);
        return typeof machine === 'string' ? `This ${machine}` : undefined;
      },
    });
    if (text === undefined) return;
    const settings = vscode.workspace.getConfiguration('strata');
    const known = settings.inspect<unknown[]>('machines')?.globalValue ?? [];
    await settings.update('machines', [...known, text.trim()], vscode.ConfigurationTarget.Global);
  },
};
