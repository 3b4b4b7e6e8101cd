import * as vscode from 'vscode';
import type { Command } from '../command.ts';

/** `user@host`, `host:22`, `user@[::1]:2222`; what follows is ssh's business. */
const destination = /^(?:([^@\s]+)@)?(\[[\da-f:]+\]|[^:\s@]+)(?::(\d{1,5}))?$/i;

export const addMachineCommand: Command = {
  id: 'strata.machine.add',
  async run(deps) {
    const text = await vscode.window.showInputBox({
      title: 'Add an SSH Machine',
      prompt:
        'A Linux machine that you reach over SSH. Hosts of your SSH configuration are listed by themselves.',
      placeHolder: 'user@host:22',
      ignoreFocusOut: true,
      validateInput: (value) =>
        destination.test(value.trim()) ? undefined : 'Write user@host or user@host:port',
    });
    const match = text === undefined ? null : destination.exec(text.trim());
    if (match === null) return;
    const [, user, host = '', port] = match;
    const machine = {
      host: host.replaceAll(/[[\]]/g, ''),
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port: Number(port) }),
    };
    const settings = vscode.workspace.getConfiguration('strata');
    const known = settings.inspect<unknown[]>('machines')?.globalValue ?? [];
    await settings.update('machines', [...known, machine], vscode.ConfigurationTarget.Global);
    deps.connector.machinesChanged();
  },
};
