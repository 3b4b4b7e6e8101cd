import { existsSync, watch, type FSWatcher } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { listMachines, type MachineList } from './machines.ts';

/** The machines of this window, read again whenever the setting or the ssh configuration changes. */
export class MachineSource implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #disposables: vscode.Disposable[] = [this.#changed];

  constructor() {
    this.#disposables.push(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('strata.machines')) this.#changed.fire();
      }),
    );
    const watcher = watchSshConfig(() => this.#changed.fire());
    if (watcher) this.#disposables.push({ dispose: () => watcher.close() });
  }

  list(): Promise<MachineList> {
    return listMachines(vscode.workspace.getConfiguration('strata').get('machines'));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

/** The directory is watched, because editors replace the file by another one. */
function watchSshConfig(changed: () => void): FSWatcher | undefined {
  const directory = join(homedir(), '.ssh');
  if (!existsSync(directory)) return undefined;
  const watcher = watch(directory, { persistent: false }, (_event, name) => {
    if (name === null || name === 'config') changed();
  });
  watcher.on('error', () => watcher.close());
  return watcher;
}
