import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import type { Session } from '../../client/session.ts';
import { exportVolume } from '../../client/volumes.ts';
import { formatBytes } from '../../model/format.ts';
import { volumeTitle } from '../../model/volume-words.ts';
import type { Command } from '../command.ts';
import { pickVolume } from '../pick.ts';
import { cancellable } from '../progress.ts';

export const exportVolumeCommand: Command = {
  id: 'strata.volume.export',
  async run(deps, target) {
    const node = await pickVolume(deps, target, 'Export a Volume');
    if (node === undefined) return;
    const { session, volume } = node;
    const title = volumeTitle(volume);
    const file = await vscode.window.showSaveDialog({
      title: `Export ${title}`,
      defaultUri: vscode.Uri.file(join(homedir(), `${title}.tar.gz`)),
      filters: { 'Tar archives': ['tar.gz', 'tgz'] },
    });
    if (file === undefined) return;
    if (file.scheme !== 'file') throw new Error('a volume can only be exported to a file of this machine');
    const written = await cancellable(`Exporting ${title}`, (report, signal) =>
      exportTo(session, volume.name, file.fsPath, { report, signal }),
    );
    if (written !== undefined)
      void vscode.window.showInformationMessage(`${title} exported: ${formatBytes(written)}.`);
  },
};

/** Under another name until it is whole. */
async function exportTo(
  session: Session,
  volume: string,
  path: string,
  { report, signal }: { report: (message: string) => void; signal: AbortSignal },
): Promise<number> {
  const part = `${path}.part`;
  let written = 0;
  try {
    const archive = await exportVolume(session.api, volume, signal);
    archive.on('data', (chunk: Buffer) => {
      written += chunk.length;
      report(`${formatBytes(written)} written`);
    });
    await pipeline(archive, createWriteStream(part), { signal });
    await rename(part, path);
    return written;
  } finally {
    await rm(part, { force: true });
  }
}
