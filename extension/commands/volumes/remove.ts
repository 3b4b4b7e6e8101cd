import * as vscode from 'vscode';
import { removeVolume } from '../../client/volumes.ts';
import { volumeTitle } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickVolume } from '../pick.ts';
import { inView } from '../progress.ts';

export const removeVolumeCommand: Command = {
  id: 'strata.volume.remove',
  async run(deps, target) {
    const node = await pickVolume(deps, target, 'Remove a Volume');
    if (node === undefined) return;
    const { session, volume } = node;
    const title = volumeTitle(volume);
    const users = volume.users.map(({ name }) => name).join(', ');
    if (users !== '')
      throw new Error(
        `the volume ${title} is used by ${users}: remove what uses it first, also where it is stopped`,
      );
    const question = `Remove the volume ${title}?`;
    const detail = 'Everything in it is deleted.';
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Remove');
    if (answer === 'Remove') await inView('volumes', () => removeVolume(session.api, volume.name));
  },
};
