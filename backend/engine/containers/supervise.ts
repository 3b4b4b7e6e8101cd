import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import type { ExitStatus } from '../../runtime/runtime.ts';
import type { EngineContext } from '../context.ts';
import { bringUp, connectAttachments } from './bring-up.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { resetHealth, startHealthChecks, stopHealthChecks } from './health/health-checks.ts';
import { releaseResources } from './release-resources.ts';
import { removeLocked } from './remove-locked.ts';
import { nextDelay, restartsAfterExit } from './restart-policy.ts';

/** Docker gives this to a container that was lost with its host. */
export const LOST = 255;
/** Milliseconds before a container is watched again. */
const WATCH_AGAIN = 1000;

/** Starts a container that is not running, and follows it to its end. Called under its lock. */
export async function startSupervised(context: EngineContext, container: Container): Promise<void> {
  await bringUp(context, container);
  // In one go: whoever sees it running also finds the exit to wait for.
  markRunning(container);
  resetHealth(container);
  watchExit(context, container);
  startHealthChecks(context, container);
  context.containers.save(container);
  emitContainer(context, 'start', container);
  // Those who came while the program was being started; whoever comes now finds it running.
  await connectAttachments(context, container);
}

export function markRunning({ state, monitored }: Container): void {
  Object.assign(state, {
    status: 'running',
    pid: monitored?.init.pid ?? 0,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: new Date().toISOString(),
    finishedAt: '',
    stoppedByUser: false,
  });
}

/** Follows a running container to its end and deals with it. Stops without a trace when the daemon does. */
export function watchExit(context: EngineContext, container: Container): void {
  context.live.of(container.id).exit = followToExit(context, container);
}

async function followToExit(context: EngineContext, container: Container): Promise<void> {
  try {
    const status = await exitOf(context, container);
    await context.locks.run(container.id, () => handleExit(context, container, status));
  } catch (error) {
    if (context.shutdown.aborted) return;
    context.logger.error(
      { container: container.id, error: messageOf(error) },
      'cannot follow a container to its end',
    );
  }
}

/** A watch that fails must not leave a container that seems to run for ever: the runtime is asked what became of it. */
async function exitOf({ runtime, shutdown, logger }: EngineContext, { id }: Container): Promise<ExitStatus> {
  for (;;) {
    try {
      return await runtime.waitExit(id, shutdown);
    } catch (error) {
      shutdown.throwIfAborted();
      logger.warn({ container: id, error: messageOf(error) }, 'lost sight of a container');
    }
    const adopted = await runtime.adopt(id);
    if (adopted.state === 'exited') return adopted.status;
    if (adopted.state === 'gone') return { code: LOST, oomKilled: false, finishedAt: new Date() };
    await sleep(WATCH_AGAIN, undefined, { signal: shutdown });
  }
}

/** Settles an exit, and plans the next start where the policy says so. Called under the container's lock. */
async function handleExit(context: EngineContext, container: Container, status: ExitStatus): Promise<void> {
  await settleExit(context, container, status);
  if (container.state.status === 'restarting') scheduleRestart(context, container);
}

/**
 * The exit of a container, seen live or found after the daemon's restart: recorded, told, and everything given
 * back. Afterwards it is exited, removed, or restarting, which waits for `scheduleRestart`.
 */
export async function settleExit(
  context: EngineContext,
  container: Container,
  status: ExitStatus,
): Promise<void> {
  const live = context.live.of(container.id);
  const again = !live.restarting && restartsAfterExit(container, status.code);
  void stopHealthChecks(context, container);
  recordExit(container, status, again);
  await releaseResources(context, container);
  if (status.oomKilled) emitContainer(context, 'oom', container);
  const execDuration = String(Math.floor(ranFor(container) / 1000));
  emitContainer(context, 'die', container, { exitCode: String(status.code), execDuration });
  live.tellExit(status.code);
  if (!again && container.hostConfig.autoRemove && !live.restarting)
    await removeLocked(context, container, { volumes: true });
}

function recordExit(container: Container, status: ExitStatus, again: boolean): void {
  Object.assign(container.state, {
    status: again ? 'restarting' : 'exited',
    pid: 0,
    exitCode: status.code,
    oomKilled: status.oomKilled,
    finishedAt: status.finishedAt.toISOString(),
  });
  if (again) container.state.restartCount += 1;
  container.monitored = null;
}

function ranFor({ state }: Container): number {
  return Math.max(0, Date.parse(state.finishedAt) - Date.parse(state.startedAt));
}

/** Plans the next automatic start, later each time. */
export function scheduleRestart(context: EngineContext, container: Container): void {
  const live = context.live.of(container.id);
  live.restartDelay = nextDelay(live.restartDelay, ranFor(container));
  live.restartTimer = setTimeout(() => {
    live.restartTimer = null;
    void context.locks.run(container.id, () => restartNow(context, container));
  }, live.restartDelay);
}

async function restartNow(context: EngineContext, container: Container): Promise<void> {
  // A stop, a removal or a start by hand may have come first.
  if (container.state.status !== 'restarting' || context.shutdown.aborted) return;
  try {
    await startSupervised(context, container);
  } catch (error) {
    context.logger.warn({ container: container.id, error: messageOf(error) }, 'automatic restart failed');
    if (!restartsAfterExit(container, container.state.exitCode))
      return context.live.of(container.id).tellExit(container.state.exitCode);
    container.state.status = 'restarting';
    container.state.restartCount += 1;
    context.containers.save(container);
    scheduleRestart(context, container);
  }
}
