import * as vscode from 'vscode';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

export const copyContainerIdCommand: Command = {
  id: 'strata.container.copyId',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Copy the Id of a Container');
    if (node !== undefined) await vscode.env.clipboard.writeText(node.container.Id);
  },
};
