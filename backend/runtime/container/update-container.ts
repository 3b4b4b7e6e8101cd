import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internal, notFound } from '../../base/errors.ts';
import { tryCommand } from '../../linux/run-command.ts';
import type { LinuxResources } from '../../oci/runtime-spec.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { runtimeWords } from './create-container.ts';

/** Sets limits of a container that lives; what is not named stays as it is. @throws with the runtime's own words */
export async function updateContainer(
  { layout, lowLevel, stateRoot }: RuntimeContext,
  id: string,
  resources: LinuxResources,
): Promise<void> {
  const { directory } = containerBundle(layout, id);
  if (!existsSync(directory)) throw notFound(`container ${id} is not running`);
  // A file: crun opens /dev/stdin by its name, which fails for the socket that Node makes of a child's standard input.
  const file = join(directory, 'resources.json');
  await writeFile(file, JSON.stringify(resources), { mode: 0o600 });
  try {
    const { code, stderr } = await tryCommand(lowLevel.path, [
      '--root',
      stateRoot,
      'update',
      '--resources',
      file,
      id,
    ]);
    if (code !== 0) throw internal(runtimeWords(stderr) || `${lowLevel.name} update failed with ${code}`);
  } finally {
    await rm(file, { force: true });
  }
}
