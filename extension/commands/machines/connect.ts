import type { Command } from '../command.ts';
import { pickMachine } from '../pick.ts';
import { cancellable } from '../progress.ts';

export const connectCommand: Command = {
  id: 'strata.machine.connect',
  async run(deps, target) {
    const machine = await pickMachine(deps, target, 'Connect to a Machine', 'disconnected');
    if (machine === undefined) return;
    await cancellable(`Connecting to ${machine.label}`, (report, signal) =>
      deps.connector.connect(machine, report, signal),
    );
  },
};
