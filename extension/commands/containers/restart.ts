import { restartContainer } from '../../client/containers.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';
import { inView } from '../progress.ts';

export const restartCommand: Command = {
  id: 'strata.container.restart',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Restart a Container');
    if (node === undefined) return;
    await inView('containers', () => restartContainer(node.session.api, node.container.Id));
  },
};
