import type * as vscode from 'vscode';
import type { Sessions } from '../client/sessions.ts';
import type { LayerExplorers } from '../layers/layer-explorers.ts';
import type { Documents } from '../files/inspect-documents.ts';
import type { VolumeFiles } from '../files/volume-file-system.ts';
import type { PublishedPorts } from '../forwards/published-ports.ts';
import type { Connector } from '../client/connector.ts';
import type { TerminalEnvironment } from '../terminals/terminal-environment.ts';

/** What the commands work with. Each takes from it what it needs. */
export interface CommandDeps {
  readonly sessions: Sessions;
  readonly connector: Connector;
  readonly environment: TerminalEnvironment;
  readonly layers: LayerExplorers;
  readonly documents: Documents;
  readonly forwards: PublishedPorts;
  readonly volumeFiles: VolumeFiles;
  readonly log: vscode.LogOutputChannel;
}

/** One entry of the palette. `target` is the node it was called on, if any; it comes from outside. */
export interface Command {
  readonly id: string;
  run(deps: CommandDeps, target: unknown): Promise<void>;
}
