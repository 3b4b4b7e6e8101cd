import { codeOf, conflict } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { volumeUsers } from './volume-users.ts';

/**
 * @param options.force a volume that is not there is no failure
 * @throws not-found; conflict naming the containers that use it
 */
export async function removeVolume(
  context: Pick<EngineContext, 'volumes' | 'containers'>,
  name: string,
  { force }: { force: boolean },
): Promise<void> {
  const users = volumeUsers(context, name);
  if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
  try {
    await context.volumes.remove(name);
  } catch (error) {
    if (!force || codeOf(error) !== 'not-found') throw error;
  }
}
