import type { Command } from '../command.ts';
import { pickMachine } from '../pick.ts';

export const disconnectCommand: Command = {
  id: 'strata.machine.disconnect',
  async run(deps, target) {
    const machine = await pickMachine(deps, target, 'Disconnect a Machine', 'connected');
    if (machine !== undefined) await deps.connector.disconnect(machine.id);
  },
};
