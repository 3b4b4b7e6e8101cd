import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { ApiError } from '../../client/api-error.ts';
import type { Session } from '../../client/session.ts';
import { importVolume } from '../../client/volumes.ts';
import { formatBytes } from '../../model/format.ts';
import { volumeTitle } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickVolume } from '../pick.ts';
import { cancellable } from '../progress.ts';

export const importVolumeCommand: Command = {
  id: 'strata.volume.import',
  async run(deps, target) {
    const node = await pickVolume(deps, target, 'Import an Archive into a Volume');
    if (node === undefined) return;
    const { session, volume } = node;
    const [file] =
      (await vscode.window.showOpenDialog({
        title: `Import into ${volumeTitle(volume)}`,
        openLabel: 'Import',
        filters: { 'Tar archives': ['tar', 'gz', 'tgz', 'zst', 'bz2', 'xz'], 'All files': ['*'] },
      })) ?? [];
    if (file === undefined) return;
    if (file.scheme !== 'file') throw new Error('only a file of this machine can be imported');
    const title = `Importing into ${volumeTitle(volume)}`;
    const work = (replace: boolean) => importFrom(session, volume.name, file.fsPath, { title, replace });
    try {
      await work(false);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || !/not empty/.test(error.message))
        throw error;
      const question = `The volume ${volumeTitle(volume)} is not empty.`;
      const detail = 'Everything in it is deleted when the archive has arrived.';
      const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Replace');
      if (answer === 'Replace') await work(true);
    }
  },
};

async function importFrom(
  session: Session,
  volume: string,
  path: string,
  { title, replace }: { title: string; replace: boolean },
): Promise<void> {
  const { size: total } = await stat(path);
  await cancellable(title, async (report, signal) => {
    const onBytes = (current: number) =>
      report(`${formatBytes(current)} of ${formatBytes(total)}`, current / total);
    const content = createReadStream(path);
    try {
      await importVolume(session.api, volume, { content, total, replace }, { onBytes, signal });
    } finally {
      content.destroy();
    }
  });
}
