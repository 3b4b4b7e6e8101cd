import { conflict, internal, notFound } from '../../base/errors.ts';
import { existsSync } from 'node:fs';
import { tryCommand } from '../../linux/run-command.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { readExit } from '../monitor-state.ts';
import { runtimeWords } from './create-container.ts';

/** Freezes every process of the container (cgroup freezer, version 1 and 2). @throws with the runtime's own words */
export const pauseContainer = (context: RuntimeContext, id: string): Promise<void> =>
  turnFreezer(context, id, 'pause');

/** Lets a frozen container go on. @throws with the runtime's own words */
export const resumeContainer = (context: RuntimeContext, id: string): Promise<void> =>
  turnFreezer(context, id, 'resume');

async function turnFreezer(
  { layout, lowLevel, stateRoot }: RuntimeContext,
  id: string,
  verb: 'pause' | 'resume',
): Promise<void> {
  const bundle = containerBundle(layout, id);
  if (!existsSync(bundle.directory)) throw notFound(`container ${id} is not running`);
  const { code, stderr } = await tryCommand(lowLevel.path, ['--root', stateRoot, verb, id]);
  if (code === 0) return;
  if (readExit(bundle, id)) throw conflict(`container ${id} is not running`);
  throw internal(`cannot ${verb} container ${id}: ${runtimeWords(stderr) || `exit code ${code}`}`);
}
