import * as vscode from 'vscode';
import { allCommands } from './all.ts';
import type { Command, CommandDeps } from './command.ts';
import { showError } from './show-error.ts';

export function registerCommands(deps: CommandDeps): vscode.Disposable {
  return vscode.Disposable.from(
    ...allCommands.map((command) =>
      vscode.commands.registerCommand(command.id, (target: unknown) => run(command, deps, target)),
    ),
  );
}

/** The one place where a command's failure ends. */
async function run(command: Command, deps: CommandDeps, target: unknown): Promise<void> {
  try {
    await command.run(deps, target);
  } catch (error) {
    const retry = () => vscode.commands.executeCommand(command.id, target);
    // Not awaited by the caller: a notification may stay open for hours.
    void showError(error, deps.log, retry);
  }
}
