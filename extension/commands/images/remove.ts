import * as vscode from 'vscode';
import { ApiError } from '../../client/api-error.ts';
import { removeImage } from '../../client/images.ts';
import { familiarName, imageTags, imageTitle } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickImage } from '../pick.ts';
import { inView } from '../progress.ts';

export const removeImageCommand: Command = {
  id: 'strata.image.remove',
  async run(deps, target) {
    const node = await pickImage(deps, target, 'Remove an Image');
    if (node === undefined) return;
    const { api } = node.session;
    const tags = imageTags(node.image);
    const name = familiarName(imageTitle(node.image));
    const detail = tags.length > 1 ? `All its tags go: ${tags.map(familiarName).join(', ')}` : '';
    const question = `Remove the image ${name}?`;
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Remove');
    if (answer !== 'Remove') return;
    // An image with several tags is only let go by force; a container that uses it still holds it.
    const all = (force: boolean) => inView('images', () => removeImage(api, node.image.Id, force));
    try {
      await all(tags.length > 1);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || !/force/.test(error.message)) throw error;
      const anyway = await vscode.window.showWarningMessage(
        error.message,
        { modal: true },
        'Remove by Force',
      );
      if (anyway === 'Remove by Force') await all(true);
    }
  },
};
