import { inspectContainerRaw } from '../../client/containers.ts';
import { containerName } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

export const inspectContainerCommand: Command = {
  id: 'strata.container.inspect',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Inspect a Container');
    if (node === undefined) return;
    const details = await inspectContainerRaw(node.session.api, node.container.Id);
    await deps.documents.show(containerName(node.container), details);
  },
};
