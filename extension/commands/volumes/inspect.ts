import { inspectVolumeRaw } from '../../client/volumes.ts';
import { volumeTitle } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickVolume } from '../pick.ts';

export const inspectVolumeCommand: Command = {
  id: 'strata.volume.inspect',
  async run(deps, target) {
    const node = await pickVolume(deps, target, 'Inspect a Volume');
    if (node === undefined) return;
    const details = await inspectVolumeRaw(node.session.api, node.volume.name);
    await deps.documents.show(volumeTitle(node.volume), details);
  },
};
