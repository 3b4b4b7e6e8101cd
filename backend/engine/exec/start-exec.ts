import type { Process } from '../../oci/runtime-spec.ts';
import type { RunningExec } from '../../runtime/runtime.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { Container } from '../containers/container.ts';
import { execProcess } from '../containers/spec-input.ts';
import type { EngineContext } from '../context.ts';
import { checkExecutable } from './create-exec.ts';
import type { Exec, ExecConfig } from './exec-set.ts';
import { CANNOT_RUN, execFailure } from './exec-failure.ts';

/** Runs the command of an exec that was claimed; with `detach` nobody sees its output. */
export type RunExec = (options: {
  detach: boolean;
  /** In place of the one that the exec was created with. */
  consoleSize?: [rows: number, columns: number] | null;
}) => Promise<RunningExec>;

/**
 * Takes an exec for its one start. What can be refused is refused here, before the connection becomes a stream;
 * the returned function fails with the runtime's words.
 * @throws conflict when it has run already or its container does not run
 */
export function claimExec(context: EngineContext, id: string): RunExec {
  const exec = context.execs.get(id);
  const container = context.containers.resolve(exec.containerId);
  checkExecutable(container);
  context.execs.claim(id);
  return async ({ detach, consoleSize }) => {
    if (consoleSize) exec.config.consoleSize = consoleSize;
    emitContainer(context, `exec_start: ${exec.config.cmd.join(' ')}`, container, { execID: id });
    const process = await processOf(context, container, exec);
    try {
      return await runExec(context, container, exec, process, detach);
    } catch (cause) {
      const { error, exitCode } = execFailure(cause);
      context.execs.ended(exec, exitCode);
      throw error;
    }
  };
}

/** What is wrong with the request itself, such as an unknown user, keeps its own words. */
async function processOf(context: EngineContext, container: Container, exec: Exec): Promise<Process> {
  try {
    const rootfs = await context.snapshotter.mount(container.id);
    return execProcess(context, container, exec.config, rootfs);
  } catch (error) {
    context.execs.ended(exec, CANNOT_RUN);
    throw error;
  }
}

async function runExec(
  context: EngineContext,
  container: Container,
  exec: Exec,
  process: Process,
  detach: boolean,
): Promise<RunningExec> {
  const { id, config } = exec;
  const running = await context.runtime.exec({
    containerId: container.id,
    execId: id,
    process,
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
  await setSize(running, config);
  return running;
}

/**
 * The spec carries the size too, so that the program finds it when it begins. About one in a hundred starts of crun
 * loses it on the way, and a program that has ended already needs none.
 */
async function setSize(running: RunningExec, { tty, consoleSize }: ExecConfig): Promise<void> {
  const [rows, columns] = consoleSize ?? [0, 0];
  if (tty && rows > 0) await running.resize(rows, columns).catch(() => undefined);
}
