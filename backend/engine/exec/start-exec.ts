import { conflict } from '../../base/errors.ts';
import { startFailure } from '../containers/start-failure.ts';
import type { RunningExec } from '../../runtime/runtime.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { Container } from '../containers/container.ts';
import { execProcess } from '../containers/spec-input.ts';
import type { EngineContext } from '../context.ts';
import type { Exec } from './exec-set.ts';

/** Runs the command of an exec that was claimed; with `detach` nobody sees its output. */
export type RunExec = (options: { detach: boolean }) => Promise<RunningExec>;

/**
 * Takes an exec for its one start. What can be refused is refused here, before the connection becomes a stream;
 * the returned function fails with the runtime's words.
 * @throws conflict when it has run already or its container does not run
 */
export function claimExec(context: EngineContext, id: string): RunExec {
  const exec = context.execs.get(id);
  const container = context.containers.resolve(exec.containerId);
  if (container.state.status !== 'running') throw conflict(`container ${container.id} is not running`);
  context.execs.claim(id);
  return async ({ detach }) => {
    emitContainer(context, `exec_start: ${exec.config.cmd.join(' ')}`, container, { execID: id });
    try {
      return await runExec(context, container, exec, detach);
    } catch (cause) {
      const { error, exitCode } = startFailure(cause);
      context.execs.ended(exec, exitCode);
      throw error;
    }
  };
}

async function runExec(
  context: EngineContext,
  container: Container,
  exec: Exec,
  detach: boolean,
): Promise<RunningExec> {
  const { config, id } = exec;
  const running = await context.runtime.exec({
    containerId: container.id,
    execId: id,
    process: execProcess(context, container, config, await context.snapshotter.mount(container.id)),
    tty: config.tty,
    openStdin: config.attachStdin && !detach,
    // Output that nobody reads would fill the socket and hold the program up.
    attach: !detach,
  });
  exec.running = running;
  void running.exit.then(({ code }) => {
    context.execs.ended(exec, code);
    emitContainer(context, 'exec_die', container, { execID: id, exitCode: String(code) });
  });
  return running;
}
