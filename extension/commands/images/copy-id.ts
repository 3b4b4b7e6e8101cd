import * as vscode from 'vscode';
import type { Command } from '../command.ts';
import { pickImage } from '../pick.ts';

export const copyImageIdCommand: Command = {
  id: 'strata.image.copyId',
  async run(deps, target) {
    const node = await pickImage(deps, target, 'Copy the Id of an Image');
    if (node !== undefined) await vscode.env.clipboard.writeText(node.image.Id);
  },
};
