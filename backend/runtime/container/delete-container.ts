import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { internal } from '../../base/errors.ts';
import { signalProcess } from '../../linux/pidfd.ts';
import { tryCommand } from '../../linux/run-command.ts';
import { removeCgroups } from '../cgroup-of.ts';
import { containerBundle } from '../conmon/bundle-paths.ts';
import type { RuntimeContext } from '../context.ts';
import { findProcesses } from '../monitor-state.ts';
import { processEnd } from './exit-watches.ts';

const SIGKILL = 9;
/** conmon ends within a millisecond of its container; one that does not is stuck. */
const MONITOR_END_TIMEOUT = 2000;

/** Removes cgroup, state, sockets and bundle; kills what still runs. Idempotent. */
export async function deleteContainer(context: RuntimeContext, id: string): Promise<void> {
  const { layout, lowLevel, stateRoot, exits } = context;
  const bundle = containerBundle(layout, id);
  const { conmon } = findProcesses(bundle, id);
  if (existsSync(join(stateRoot, id)) || existsSync(bundle.directory)) {
    const result = await tryCommand(lowLevel.path, ['--root', stateRoot, 'delete', '--force', id]);
    // A container that was never made, or is deleted already, has no state; --force takes that as done or says so.
    if (result.code !== 0 && existsSync(join(stateRoot, id))) {
      throw internal(`${lowLevel.name} cannot delete container ${id}: ${result.stderr.trim()}`);
    }
  }
  await endMonitor(conmon);
  removeCgroups(context.cgroups, id);
  await rm(bundle.directory, { recursive: true, force: true });
  exits.forget(id);
}

/** Before its directory goes: it still writes the exit file. */
async function endMonitor(conmon: { pid: number; startTime: number }): Promise<void> {
  if (conmon.pid === 0) return;
  await processEnd(conmon, MONITOR_END_TIMEOUT);
  if (signalProcess(conmon, SIGKILL)) await processEnd(conmon, MONITOR_END_TIMEOUT);
}
