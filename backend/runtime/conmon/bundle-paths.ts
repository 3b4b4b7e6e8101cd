import { join } from 'node:path';
import type { Layout } from '../../store/layout.ts';

/** What conmon and the runtime keep of one container or exec. Removing `directory` removes all of it. */
export interface BundlePaths {
  directory: string;
  config: string;
  /** Pid of the container's first process, written by the runtime before conmon reports it. */
  initPid: string;
  monitorPid: string;
  exitDirectory: string;
  attach: string;
  control: string;
}

/** <run>/containers/<id>/bundle: beside rootfs/, which belongs to the snapshot. */
export const containerBundle = (layout: Layout, id: string): BundlePaths =>
  pathsIn(join(layout.runContainer(id), 'bundle'));

/** <run>/containers/<id>/bundle/exec/<execId> */
export const execBundle = (layout: Layout, containerId: string, execId: string): BundlePaths =>
  pathsIn(join(containerBundle(layout, containerId).directory, 'exec', execId));

function pathsIn(directory: string): BundlePaths {
  return {
    directory,
    config: join(directory, 'config.json'),
    initPid: join(directory, 'init.pid'),
    monitorPid: join(directory, 'conmon.pid'),
    exitDirectory: join(directory, 'exit'),
    // conmon's own names, in the bundle because of --full-attach.
    attach: join(directory, 'attach'),
    control: join(directory, 'ctl'),
  };
}
