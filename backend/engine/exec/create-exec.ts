import { conflict, invalidArgument } from '../../base/errors.ts';
import { newExecId } from '../../base/ids.ts';
import { emitContainer } from '../containers/container-events.ts';
import type { EngineContext } from '../context.ts';
import type { Exec, ExecConfig } from './exec-set.ts';

/** @throws conflict when the container does not run */
export function createExec(context: EngineContext, reference: string, config: ExecConfig): Exec {
  const container = context.containers.resolve(reference);
  if (config.cmd.length === 0) throw invalidArgument('No exec command specified');
  if (container.state.status !== 'running') throw conflict(`container ${container.id} is not running`);
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
