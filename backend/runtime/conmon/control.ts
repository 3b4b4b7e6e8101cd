import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isErrno, notFound } from '../../base/errors.ts';

/** Sets the size of the terminal. @throws not-found when the monitor is gone. */
export const resizeTerminal = (control: string, rows: number, columns: number): Promise<void> =>
  say(control, `1 ${rows} ${columns}\n`);

/** Makes conmon open its log file anew, after it was renamed. */
export const reopenLog = (control: string): Promise<void> => say(control, '2 0 0\n');

/** conmon reads lines of three numbers from its control FIFO: what to do, and two arguments. */
async function say(control: string, line: string): Promise<void> {
  try {
    // Non-blocking: opening a FIFO for writing waits for a reader, and there is none once conmon has ended.
    await using fifo = await open(control, constants.O_WRONLY | constants.O_NONBLOCK);
    await fifo.write(line);
  } catch (error) {
    if (isErrno(error, 'ENXIO') || isErrno(error, 'ENOENT') || isErrno(error, 'EPIPE')) {
      throw notFound(`no monitor listens on ${control}`, error);
    }
    throw error;
  }
}
