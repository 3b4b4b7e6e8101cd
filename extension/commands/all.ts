import type { Command } from './command.ts';
import { attachShellCommand } from './containers/attach-shell.ts';
import { copyContainerIdCommand } from './containers/copy-id.ts';
import { exploreContainerLayersCommand } from './containers/explore-layers.ts';
import { inspectContainerCommand } from './containers/inspect.ts';
import { logsCommand } from './containers/logs.ts';
import { openInBrowserCommand } from './containers/open-in-browser.ts';
import { removeCommand } from './containers/remove.ts';
import { restartCommand } from './containers/restart.ts';
import { startCommand } from './containers/start.ts';
import { stopCommand } from './containers/stop.ts';
import { copyImageIdCommand } from './images/copy-id.ts';
import { exploreImageLayersCommand } from './images/explore-layers.ts';
import { inspectImageCommand } from './images/inspect.ts';
import { pullCommand } from './images/pull.ts';
import { removeImageCommand } from './images/remove.ts';
import { runCommand } from './images/run.ts';
import { addMachineCommand } from './machines/add.ts';
import { connectCommand } from './machines/connect.ts';
import { disconnectCommand } from './machines/disconnect.ts';
import { showLogCommand } from './machines/show-log.ts';
import { useInTerminalsCommand } from './machines/use-in-terminals.ts';
import { cloneVolumeCommand } from './volumes/clone.ts';
import { createVolumeCommand } from './volumes/create.ts';
import { exportVolumeCommand } from './volumes/export.ts';
import { importVolumeCommand } from './volumes/import.ts';
import { inspectVolumeCommand } from './volumes/inspect.ts';
import { pruneVolumesCommand } from './volumes/prune.ts';
import { refreshVolumesCommand } from './volumes/refresh.ts';
import { removeVolumeCommand } from './volumes/remove.ts';

/** Every command that the extension registers; package.json contributes the same ones. */
export const allCommands: readonly Command[] = [
  connectCommand,
  disconnectCommand,
  addMachineCommand,
  useInTerminalsCommand,
  showLogCommand,
  startCommand,
  stopCommand,
  restartCommand,
  removeCommand,
  logsCommand,
  attachShellCommand,
  inspectContainerCommand,
  exploreContainerLayersCommand,
  copyContainerIdCommand,
  openInBrowserCommand,
  pullCommand,
  runCommand,
  removeImageCommand,
  inspectImageCommand,
  exploreImageLayersCommand,
  copyImageIdCommand,
  createVolumeCommand,
  removeVolumeCommand,
  pruneVolumesCommand,
  refreshVolumesCommand,
  inspectVolumeCommand,
  cloneVolumeCommand,
  exportVolumeCommand,
  importVolumeCommand,
];
