import { randomUUID } from 'node:crypto';
import { codeOf, messageOf, StrataError } from '../../base/errors.ts';
import type { View } from '../../layer/archive/messages.ts';
import type { FilesContext } from '../files/files-context.ts';
import { FILES_HOLDER } from '../../volume/volumes.ts';

export interface OpenVolume<T> {
  result: T;
  /** To be called when the job is over. Never throws. */
  close(): Promise<void>;
}

/**
 * Lets a job work in a volume's directory. Until it is closed the volume cannot be removed, and what its options name
 * is mounted.
 * @throws not-found
 */
export async function inVolume<T>(
  { engine: { volumes, logger } }: FilesContext,
  name: string,
  work: (view: View) => Promise<T>,
): Promise<OpenVolume<T>> {
  const hold = { name, holder: `${FILES_HOLDER}${randomUUID()}` };
  const close = async (): Promise<void> => {
    try {
      await volumes.release(hold);
    } catch (error) {
      logger.warn({ volume: name, error: messageOf(error) }, 'left behind after work in a volume');
    }
  };
  await volumes.hold(hold);
  try {
    const result = await work({ kind: 'directory', path: volumes.get(name).mountpoint });
    return { result, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Says which path of which volume failed. */
export async function namingPath<T>(work: Promise<T>, volume: string, shownPath: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StrataError) || codeOf(error) === 'internal') throw error;
    throw new StrataError(error.code, `volume ${volume}: ${shownPath}: ${error.message}`, error);
  }
}
