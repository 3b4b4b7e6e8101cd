import * as vscode from 'vscode';
import { pruneVolumes } from '../../client/volumes.ts';
import { formatBytes } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickSession } from '../pick.ts';
import { inView } from '../progress.ts';

export const pruneVolumesCommand: Command = {
  id: 'strata.volume.prune',
  async run(deps, target) {
    const session = await pickSession(deps, target, 'Remove Unused Volumes');
    if (session === undefined) return;
    // Driver options mean that the content lies elsewhere: the engine leaves those alone.
    const unused = session.watch.state.volumes.filter(
      ({ users, options }) => users.length === 0 && Object.keys(options).length === 0,
    );
    const anonymous = unused.filter((volume) => volume.anonymous).length;
    if (unused.length === 0)
      throw new Error(`every volume on ${session.machine.label} is used by a container`);
    const question = `Remove unused volumes on ${session.machine.label}?`;
    const detail = `${unused.length} are used by no container, ${anonymous} of them without a name. Everything in them is deleted.`;
    const buttons = anonymous > 0 ? ['Anonymous Only', 'All Unused'] : ['All Unused'];
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, ...buttons);
    if (answer === undefined) return;
    const { count, bytes } = await inView('volumes', () =>
      pruneVolumes(session.api, answer === 'All Unused'),
    );
    void vscode.window.showInformationMessage(
      `${count} ${count === 1 ? 'volume' : 'volumes'} removed, ${formatBytes(bytes)} freed.`,
    );
  },
};
