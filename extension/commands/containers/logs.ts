import { showLogs } from '../../logs/logs-terminal.ts';
import { containerName } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

export const logsCommand: Command = {
  id: 'strata.container.logs',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Show the Log of a Container');
    if (node !== undefined) showLogs(node.session, node.container.Id, containerName(node.container));
  },
};
