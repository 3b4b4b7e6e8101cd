import { inspectImageRaw } from '../../client/images.ts';
import { familiarName, imageTitle } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickImage } from '../pick.ts';

export const inspectImageCommand: Command = {
  id: 'strata.image.inspect',
  async run(deps, target) {
    const node = await pickImage(deps, target, 'Inspect an Image');
    if (node === undefined) return;
    const details = await inspectImageRaw(node.session.api, node.image.Id);
    await deps.documents.show(familiarName(imageTitle(node.image)), details);
  },
};
