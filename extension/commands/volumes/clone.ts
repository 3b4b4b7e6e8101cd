import * as vscode from 'vscode';
import { cloneVolume } from '../../client/volumes.ts';
import { formatBytes } from '../../model/format.ts';
import { complaintAboutName, volumeTitle } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickVolume } from '../pick.ts';
import { cancellable } from '../progress.ts';

export const cloneVolumeCommand: Command = {
  id: 'strata.volume.clone',
  async run(deps, target) {
    const node = await pickVolume(deps, target, 'Clone a Volume');
    if (node === undefined) return;
    const { session, volume } = node;
    const taken = new Set(session.watch.state.volumes.map(({ name }) => name));
    const name = await vscode.window.showInputBox({
      title: `Clone ${volumeTitle(volume)}`,
      prompt: 'What shall the new volume be called?',
      value: volume.anonymous ? '' : `${volume.name}-copy`,
      ignoreFocusOut: true,
      validateInput: (value) =>
        taken.has(value) ? 'There is a volume of this name already' : complaintAboutName(value),
    });
    if (name === undefined) return;
    await cancellable(`Cloning ${volumeTitle(volume)}`, (report, signal) =>
      cloneVolume(session.api, volume.name, name, {
        signal,
        onBytes: (current) => report(`${formatBytes(current)} copied`),
      }),
    );
  },
};
