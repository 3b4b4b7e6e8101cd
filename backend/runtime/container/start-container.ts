import { existsSync } from 'node:fs';
import { conflict, internal, notFound } from '../../base/errors.ts';
import { tryCommand } from '../../linux/run-command.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { readExit } from '../monitor-state.ts';
import { runtimeWords } from './create-container.ts';

/** Lets init exec the user's program. @throws with the runtime's own words. */
export async function startContainer(
  { layout, lowLevel, stateRoot }: RuntimeContext,
  id: string,
): Promise<void> {
  const bundle = containerBundle(layout, id);
  if (!existsSync(bundle.directory)) throw notFound(`container ${id} has not been created`);
  const { code, stderr } = await tryCommand(lowLevel.path, ['--root', stateRoot, 'start', id]);
  if (code === 0) return;
  if (readExit(bundle, id)) throw conflict(`container ${id} has ended already: ${runtimeWords(stderr)}`);
  throw internal(runtimeWords(stderr) || `${lowLevel.name} start ${id} failed with exit code ${code}`);
}
