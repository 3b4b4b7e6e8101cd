import * as vscode from 'vscode';
import { createConnector } from './client/connector.ts';
import { createSessions, type Sessions } from './client/sessions.ts';
import { registerCommands } from './commands/register.ts';
import { showError } from './commands/show-error.ts';
import { createInspectDocuments } from './files/inspect-documents.ts';
import { registerLayerFileSystem } from './files/layer-file-system.ts';
import { createVolumeFiles } from './files/volume-file-system.ts';
import { createPublishedPorts } from './forwards/published-ports.ts';
import { createLayerExplorers } from './layers/layer-explorers.ts';
import { MachineSource } from './machines/machines-vscode.ts';
import { autoConnect } from './prompts/auto-connect.ts';
import { machineOpener } from './prompts/open-machine.ts';
import { createTerminalEnvironment } from './terminals/terminal-environment.ts';
import { registerContainersView } from './tree/containers/containers-view.ts';
import { followContextKeys } from './tree/context-keys.ts';
import { registerImagesView } from './tree/images/images-view.ts';
import { registerMachinesView } from './tree/machines/machines-view.ts';
import { registerVolumesView } from './tree/volumes/volumes-view.ts';

let sessions: Sessions | undefined;

/** Composition only: what the parts are, and which of them know each other. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Strata', { log: true });
  const machines = new MachineSource();
  const opener = machineOpener(context, machines, log);
  sessions = createSessions();
  const connector = createConnector({
    sessions,
    listMachines: opener.listMachines,
    open: opener.open,
    reportError: (machine, error) => log.warn(`${machine.label}: ${String(error)}`),
  });
  const forwards = createPublishedPorts(sessions, (session) => session.machine.id === 'local');
  const environment = createTerminalEnvironment(context.environmentVariableCollection, sessions);
  const documents = createInspectDocuments();
  const volumeFiles = createVolumeFiles(sessions);
  const layers = createLayerExplorers(context.extensionUri, (error) => void showError(error, log));
  context.subscriptions.push(
    log,
    machines,
    machines.onDidChange(() => connector.machinesChanged()),
    documents,
    layers,
    { dispose: () => forwards.close() },
    followContextKeys(sessions),
    registerLayerFileSystem(sessions),
    volumeFiles,
    registerMachinesView(connector, sessions, environment),
    registerContainersView(sessions),
    registerImagesView(sessions),
    registerVolumesView(sessions, volumeFiles),
    registerCommands({ sessions, connector, environment, layers, documents, forwards, volumeFiles, log }),
  );
  void autoConnect(connector);
}

/** Ends the connections in order, so that no tunnel stays behind on a machine. */
export async function deactivate(): Promise<void> {
  await sessions?.close();
}
