import * as vscode from 'vscode';
import { removeContainer } from '../../client/containers.ts';
import { isUp } from '../../model/engine-state.ts';
import { containerName, formatBytes } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';
import { inView } from '../progress.ts';

export const removeCommand: Command = {
  id: 'strata.container.remove',
  async run(deps, target) {
    const node = await pickContainer(deps, target, 'Remove a Container');
    if (node === undefined) return;
    const { container, session } = node;
    const up = isUp(container);
    const written = container.SizeRw === undefined ? '' : ` (${formatBytes(container.SizeRw)})`;
    const detail = `${up ? 'It is running and will be killed. ' : ''}What it wrote to its writable layer${written} and its anonymous volumes are deleted.`;
    const question = `Remove the container ${containerName(container)}?`;
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Remove');
    if (answer !== 'Remove') return;
    await inView('containers', () => removeContainer(session.api, container.Id, up));
  },
};
