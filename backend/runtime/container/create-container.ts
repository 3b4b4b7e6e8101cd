import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CleanupStack } from '../../base/cleanup-stack.ts';
import { conflict, internal, isErrno } from '../../base/errors.ts';
import { tryCommand } from '../../linux/run-command.ts';
import { removeCgroups } from '../cgroup-of.ts';
import { containerBundle, type BundlePaths } from '../conmon/bundle-paths.ts';
import { monitorArguments } from '../conmon/monitor-arguments.ts';
import { spawnMonitor } from '../conmon/spawn-monitor.ts';
import { endStdin, wantsPipe } from '../conmon/stdin-pipe.ts';
import { withDeadline } from '../conmon/with-deadline.ts';
import type { RuntimeContext } from '../context.ts';
import { findProcesses } from '../monitor-state.ts';
import { writeMadeWith } from './made-with.ts';
import { restoreNull } from './restore-null.ts';
import type { CreateRequest, MonitoredContainer } from '../runtime.ts';

/** Creating mounts and namespaces takes milliseconds; a hung network file system under a bind may take for ever. */
const CREATE_TIMEOUT = 120_000;

/** Bundle → conmon → `crun create`. What it made is undone when any step fails. */
export async function createContainer(
  context: RuntimeContext,
  request: CreateRequest,
): Promise<MonitoredContainer> {
  const { id } = request;
  const bundle = containerBundle(context.layout, id);
  await using undo = new CleanupStack();
  const spec = context.seccomp?.withFilter(request.spec) ?? request.spec;
  await makeBundle(bundle, id, { ...request, spec });
  undo.defer(() => rm(bundle.directory, { recursive: true, force: true }));
  undo.defer(() => removeRuntimeState(context, id));
  await writeMadeWith(context.layout, id, {
    runtime: context.lowLevel.name,
    cgroup: spec.linux.cgroupsPath ?? join(context.cgroups.parent, id),
  });
  await runMonitor(context, request, bundle);
  if (spec.linux.uidMappings) restoreNull();
  await context.seccomp?.remember(request.spec, id);
  const processes = findProcesses(bundle, id);
  void context.exits.watch(id, processes);
  undo.release();
  return processes;
}

async function makeBundle(bundle: BundlePaths, id: string, { spec, logPath }: CreateRequest): Promise<void> {
  await mkdir(dirname(bundle.directory), { recursive: true, mode: 0o700 });
  try {
    await mkdir(bundle.directory, { mode: 0o700 });
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw conflict(`container ${id} has been created already`, error);
    throw error;
  }
  await Promise.all([
    mkdir(bundle.exitDirectory),
    logPath === null ? undefined : mkdir(dirname(logPath), { recursive: true }),
    // Whoever reads it is started by us, after this write; and the bundle does not outlive a reboot.
    writeFile(bundle.config, JSON.stringify(spec), { mode: 0o600 }),
  ]);
}

async function runMonitor(
  context: RuntimeContext,
  request: CreateRequest,
  bundle: BundlePaths,
): Promise<void> {
  const { id, tty, openStdin, stdinOnce, logPath } = request;
  // Without a user namespace `crun create` gives nothing away: only `crun exec` does.
  const pipe = request.spec.linux.uidMappings !== undefined && wantsPipe(context.lowLevel, request);
  const monitor = await spawnMonitor({
    program: context.monitor.path,
    cgroups: context.monitorCgroups,
    attachPipe: false,
    args: monitorArguments({
      runtime: context.lowLevel,
      stateRoot: context.stateRoot,
      id,
      name: id,
      bundle,
      logPath,
      tty,
      stdin: openStdin || pipe,
      leaveStdinOpen: openStdin && (tty || !stdinOnce),
      exec: null,
    }),
  });
  try {
    monitor.go();
    const answer = await withDeadline(monitor.sync.next(), CREATE_TIMEOUT, `creating container ${id}`);
    if (answer && answer.data > 0) return pipe ? endStdin(bundle.attach) : undefined;
    throw internal(
      runtimeWords(answer?.message) || monitor.stderr() || `conmon ended without creating ${id}`,
    );
  } finally {
    monitor.sync.close();
    monitor.close();
  }
}

/** crun's own message, without the time stamps and level that newer versions put before it. */
export function runtimeWords(message: string | undefined): string {
  return (message ?? '').trim().replaceAll(/^\S*\d{4}-\d\d-\d\dT\S+:? /gm, '');
}

async function removeRuntimeState(
  { lowLevel, stateRoot, cgroups }: RuntimeContext,
  id: string,
): Promise<void> {
  await tryCommand(lowLevel.path, ['--root', stateRoot, 'delete', '--force', id], { timeout: 30_000 });
  removeCgroups(cgroups, id);
}
