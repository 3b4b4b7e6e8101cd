import * as vscode from 'vscode';
import { pullImage } from '../../client/images.ts';
import type { Session } from '../../client/session.ts';
import { PullMeter } from '../../model/pull-progress.ts';
import type { Command } from '../command.ts';
import { pickSession } from '../pick.ts';
import { cancellable } from '../progress.ts';

export const pullCommand: Command = {
  id: 'strata.image.pull',
  async run(deps, target) {
    const session = await pickSession(deps, target, 'Pull an Image');
    if (session !== undefined) await pullWithProgress(session);
  },
};

/** Asks for a reference and pulls it; the reference, or undefined where the user gave up. */
async function pullWithProgress(session: Session): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: 'Pull an Image',
    prompt: `From which registry and repository? It comes to ${session.machine.label}.`,
    placeHolder: 'nginx:latest, ghcr.io/owner/name:tag, localhost:5000/name@sha256:…',
    ignoreFocusOut: true,
    validateInput: (value) => (/\s/.test(value.trim()) ? 'A reference has no spaces' : undefined),
  });
  const reference = typed?.trim() ?? '';
  if (reference === '') return undefined;
  return cancellable(`Pulling ${reference}`, async (report, signal) => {
    const meter = new PullMeter();
    const show = (line: Parameters<PullMeter['add']>[0]) => {
      meter.add(line);
      report(meter.sentence, meter.share);
    };
    await pullImage(session.api, reference, show, signal);
    return reference;
  });
}
