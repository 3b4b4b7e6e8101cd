import * as vscode from 'vscode';
import type { Command } from '../command.ts';
import { pickMachine } from '../pick.ts';

export const useInTerminalsCommand: Command = {
  id: 'strata.machine.useInTerminals',
  async run(deps, target) {
    const machine = await pickMachine(deps, target, 'Use a Machine in Terminals', 'connected');
    if (machine === undefined) return;
    deps.environment.use(machine.id);
    void vscode.window.setStatusBarMessage(`New terminals: docker speaks to ${machine.label}`, 5_000);
  },
};
