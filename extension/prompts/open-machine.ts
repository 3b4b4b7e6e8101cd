import * as vscode from 'vscode';
import type { ConnectorOptions, MachineEntry } from '../client/connector.ts';
import { connect } from '../connection/connect.ts';
import type { Machine } from '../machines/machine.ts';
import type { MachineSource } from '../machines/machines-vscode.ts';
import { agentInstance } from '../model/agent-instance.ts';
import { machinesOfFile } from './machines-of-file.ts';
import { createPrompts } from './vscode-prompts.ts';

/** The machines of this window as the views list them, and how each is opened. */
export function machineOpener(
  context: vscode.ExtensionContext,
  source: MachineSource,
  log: vscode.LogOutputChannel,
): Pick<ConnectorOptions, 'listMachines' | 'open'> {
  let known = new Map<string, Machine>();
  return {
    async listMachines() {
      const { machines, problems } = await source.list();
      for (const problem of problems) log.warn(problem);
      const all = await machinesOfFile(machines, setting('sshConfigFile'));
      known = new Map(all.map((machine) => [machine.id, machine]));
      return all.map(entryOf);
    },
    async open(entry, report, signal) {
      const machine = known.get(entry.id);
      if (machine === undefined) throw new Error(`${entry.label} is no known machine any more`);
      const told = (message: string, share?: number) => {
        log.info(`${entry.label}: ${message}`);
        report(message, share);
      };
      return connect(machine, createPrompts(context.secrets, told), {
        partsDirectory: vscode.Uri.joinPath(context.extensionUri, 'dist', 'agent-parts').fsPath,
        instance: agentInstance({
          socket: setting('agent.socket'),
          dataRoot: setting('agent.dataRoot'),
          runRoot: setting('agent.runRoot'),
        }),
        signal,
      });
    },
  };
}

function setting(name: string): string {
  return vscode.workspace.getConfiguration('strata').get<string>(name, '').trim();
}

function entryOf(machine: Machine): MachineEntry {
  const { id, label } = machine;
  if (machine.kind === 'local') return { id, label, kind: 'local', detail: '' };
  const user = machine.user === undefined ? '' : `${machine.user}@`;
  const port = machine.port === undefined ? '' : `:${machine.port}`;
  const via = machine.proxyJump === undefined ? '' : ` through ${machine.proxyJump}`;
  return { id, label, kind: 'ssh', detail: `${user}${machine.host}${port}${via}` };
}
