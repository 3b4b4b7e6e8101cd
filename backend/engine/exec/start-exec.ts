import { conflict, messageOf } from '../../base/errors.ts';
import { startFailureExitCode } from '../../runtime/start-failure.ts';
import type { RunningExec } from '../../runtime/runtime.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { Container } from '../containers/container.ts';
import { execProcess } from '../containers/spec-input.ts';
import type { EngineContext } from '../context.ts';
import type { Exec } from './exec-set.ts';

/** Runs the command. With `detach` nobody sees its output. @throws with the runtime's words when it cannot be started */
export async function startExec(
  context: EngineContext,
  id: string,
  options: { detach: boolean },
): Promise<RunningExec> {
  const exec = context.execs.claim(id);
  const container = context.containers.resolve(exec.containerId);
  if (container.state.status !== 'running') throw conflict(`container ${container.id} is not running`);
  emitContainer(context, `exec_start: ${exec.config.cmd.join(' ')}`, container, { execID: id });
  try {
    return await runExec(context, container, exec, options.detach);
  } catch (error) {
    context.execs.ended(exec, startFailureExitCode(messageOf(error)));
    throw error;
  }
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
  });
  exec.running = running;
  void running.exit.then(({ code }) => {
    context.execs.ended(exec, code);
    emitContainer(context, 'exec_die', container, { execID: id, exitCode: String(code) });
  });
  return running;
}
