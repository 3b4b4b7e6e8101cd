import { stopContainer } from '../../client/containers.ts';
import { isUp } from '../../model/engine-state.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';
import { inView } from '../progress.ts';

export const stopCommand: Command = {
  id: 'strata.container.stop',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Stop a Container', isUp);
    if (node === undefined) return;
    await inView('containers', () => stopContainer(node.session.api, node.container.Id));
  },
};
