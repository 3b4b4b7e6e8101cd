import * as vscode from 'vscode';
import { createVolume } from '../../client/volumes.ts';
import { complaintAboutName } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickSession } from '../pick.ts';
import { inView } from '../progress.ts';

export const createVolumeCommand: Command = {
  id: 'strata.volume.create',
  async run(deps, target) {
    const session = await pickSession(deps, target, 'Create a Volume');
    if (session === undefined) return;
    const taken = new Set(session.watch.state.volumes.map(({ name }) => name));
    const name = await vscode.window.showInputBox({
      title: 'Create a Volume',
      prompt: `What shall it be called on ${session.machine.label}?`,
      ignoreFocusOut: true,
      validateInput: (value) =>
        taken.has(value) ? 'There is a volume of this name already' : complaintAboutName(value),
    });
    if (name !== undefined) await inView('volumes', () => createVolume(session.api, name));
  },
};
