import type { Duplex } from 'node:stream';
import { MultiplexSession } from '../../backend/api/wire/multiplex-session.ts';
import { ConnectFailure, messageOf } from './failure.ts';

/**
 * The client's end of `stratad connect`, on the standard streams of a program that runs on the machine.
 * @throws ConnectFailure with what the program said on standard error when it does not greet
 */
export async function openMultiplex(
  spawn: (said: (text: string) => void) => Promise<Duplex>,
  timeoutMs: number,
): Promise<MultiplexSession> {
  let stderr = '';
  const stream = await spawn((text) => {
    stderr = `${stderr}${text}`.slice(-4000);
  });
  const session = new MultiplexSession({ input: stream, output: stream });
  void session.closed.then(() => stream.destroy());
  const late = setTimeout(() => session.end(new Error('it did not greet in time')), timeoutMs);
  try {
    await session.greeted;
    return session;
  } catch (error) {
    const why = stderr.trim().split('\n').at(-1) ?? '';
    throw new ConnectFailure(
      'forward-refused',
      `stratad connect could not be used: ${why || messageOf(error)}`,
      {
        action: 'show-log',
        log: stderr,
        cause: error,
      },
    );
  } finally {
    clearTimeout(late);
  }
}
