import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import * as vscode from 'vscode';
import type { ConnectorOptions, MachineEntry } from '../client/connector.ts';
import type { Connection } from '../connection/connection.ts';
import type { Machine } from '../machines/machine.ts';
import type { MachineSource } from '../machines/machines-vscode.ts';

/** The machines of this window as the views list them, and how each is opened. */
export function machineOpener(
  context: vscode.ExtensionContext,
  source: MachineSource,
  log: vscode.LogOutputChannel,
): { list: ConnectorOptions['listMachines']; open: ConnectorOptions['open'] } {
  let known = new Map<string, Machine>();
  return {
    async list() {
      const { machines, problems } = await source.list();
      for (const problem of problems) log.warn(problem);
      known = new Map(machines.map((machine) => [machine.id, machine]));
      return machines.map(entryOf);
    },
    async open(entry, report, signal) {
      const machine = known.get(entry.id);
      if (machine === undefined) throw new Error(`${entry.label} is no known machine any more`);
      return openLocal(vscode.workspace.getConfiguration('strata').get('agent.socket', ''));
    },
  };
}

function openLocal(path: string): Connection {
  return {
    state: 'connected',
    onStateChange: () => () => undefined,
    async openApi() {
      const socket = connectSocket({ path, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
    async openTcp(host, port) {
      const socket = connectSocket({ host, port, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
    localSocket: path,
    async [Symbol.asyncDispose]() {},
  };
}

function entryOf(machine: Machine): MachineEntry {
  if (machine.kind === 'local') {
    const detail = process.platform === 'linux' ? 'the engine beside the editor' : '';
    return { id: machine.id, label: machine.label, kind: 'local', detail };
  }
  const user = machine.user === undefined ? '' : `${machine.user}@`;
  const port = machine.port === undefined ? '' : `:${machine.port}`;
  const via = machine.proxyJump === undefined ? '' : ` through ${machine.proxyJump}`;
  return { id: machine.id, label: machine.label, kind: 'ssh', detail: `${user}${machine.host}${port}${via}` };
}
