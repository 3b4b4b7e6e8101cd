import { conflict, invalidArgument } from '../../base/errors.ts';
import { newExecId } from '../../base/ids.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { Container } from '../containers/container.ts';
import { checkUp } from '../containers/status.ts';
import type { EngineContext } from '../context.ts';
import type { Exec, ExecConfig } from './exec-set.ts';

/** @throws conflict when the container does not run */
export function createExec(context: EngineContext, reference: string, config: ExecConfig): Exec {
  const container = context.containers.resolve(reference);
  if (config.cmd.length === 0) throw invalidArgument('No exec command specified');
  checkExecutable(container);
  const exec: Exec = {
    id: newExecId(),
    containerId: container.id,
    config,
    state: 'created',
    exitCode: null,
    running: null,
  };
  context.execs.add(exec);
  emitContainer(context, `exec_create: ${config.cmd.join(' ')}`, container, { execID: exec.id });
  return exec;
}

/** @throws conflict unless the container's processes run */
export function checkExecutable(container: Container): void {
  checkUp(container);
  if (container.state.status === 'paused')
    throw conflict(`Container ${container.id} is paused, unpause the container before exec`);
}
