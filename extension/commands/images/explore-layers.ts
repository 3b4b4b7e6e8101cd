import { familiarName, imageTitle } from '../../model/format.ts';
import { isNode } from '../../tree/nodes.ts';
import type { Command } from '../command.ts';
import { pickImage } from '../pick.ts';

export const exploreImageLayersCommand: Command = {
  id: 'strata.image.exploreLayers',
  async run(deps, target) {
    const node = await pickImage(deps, target, 'Explore the Layers of an Image');
    if (node === undefined) return;
    const position = isNode(target, 'layer') ? target.layer.position : undefined;
    const title = familiarName(imageTitle(node.image));
    deps.layers.open(node.session, { kind: 'image', id: node.image.Id }, title, position);
  },
};
