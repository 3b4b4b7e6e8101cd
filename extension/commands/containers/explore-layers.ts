import { containerName } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

export const exploreContainerLayersCommand: Command = {
  id: 'strata.container.exploreLayers',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Explore the Layers of a Container');
    if (node === undefined) return;
    const { container, session } = node;
    deps.layers.open(session, { kind: 'container', id: container.Id }, containerName(container));
  },
};
