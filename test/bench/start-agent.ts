import { fromRoot } from '../setup/build.ts';
import { startDaemon, type Daemon } from '../support/start-daemon.ts';

const BUNDLE = fromRoot('dist', 'agent', 'stratad.mjs');

/** The agent as it is installed on a machine: the bundle, with the environment of its unit. Not the sources. */
export function startAgent(): Promise<Daemon> {
  return startDaemon({
    logLevel: 'warn',
    program: [process.execPath, BUNDLE],
    env: { MALLOC_ARENA_MAX: '2' },
  });
}
