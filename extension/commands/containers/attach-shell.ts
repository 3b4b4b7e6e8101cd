import { isUp } from '../../model/engine-state.ts';
import { containerName } from '../../model/format.ts';
import { showShell } from '../../terminals/shell-terminal.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

export const attachShellCommand: Command = {
  id: 'strata.container.attachShell',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Attach a Shell', isUp);
    if (node !== undefined) showShell(node.session, node.container.Id, containerName(node.container));
  },
};
