import { startContainer } from '../../client/containers.ts';
import { isUp } from '../../model/engine-state.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';
import { inView } from '../progress.ts';

export const startCommand: Command = {
  id: 'strata.container.start',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Start a Container', (container) => !isUp(container));
    if (node === undefined) return;
    await inView('containers', () => startContainer(node.session.api, node.container.Id));
  },
};
