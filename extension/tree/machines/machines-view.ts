import * as vscode from 'vscode';
import type { Connector } from '../../client/connector.ts';
import type { Sessions } from '../../client/sessions.ts';
import type { MachineNode } from '../nodes.ts';
import { registerNodeView, tooltipOf } from '../node-view.ts';
import type { TerminalEnvironment } from '../../terminals/terminal-environment.ts';

type MachineState = 'connected' | 'connecting' | 'reconnecting' | 'disconnected';

export function registerMachinesView(
  connector: Connector,
  sessions: Sessions,
  environment: TerminalEnvironment,
): vscode.Disposable {
  return registerNodeView<MachineNode>(
    'strata.machines',
    {
      children: async (node) => {
        if (node !== undefined) return [];
        const machines = await connector.machines();
        return machines.map((machine) => ({ kind: 'machine', machine }));
      },
      item: (node) => {
        const state = stateOf(connector, sessions, node.machine.id);
        return itemOf(node, state, environment.machineId === node.machine.id);
      },
    },
    (changed) => {
      const stops = [connector.onChange(changed), sessions.onChange(changed)];
      return new vscode.Disposable(() => {
        for (const stop of stops) stop();
      });
    },
  );
}

function stateOf(connector: Connector, sessions: Sessions, id: string): MachineState {
  if (connector.isConnecting(id)) return 'connecting';
  return sessions.get(id)?.state ?? 'disconnected';
}

function itemOf({ machine }: MachineNode, state: MachineState, inTerminals: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(machine.label);
  item.id = `machine:${machine.id}`;
  item.iconPath = iconOf(machine.kind, state);
  const where = machine.detail === machine.label ? '' : machine.detail;
  const what = state === 'connected' ? 'connected' : state === 'disconnected' ? '' : `${state}…`;
  item.description = [where, what].filter((part) => part !== '').join(' · ');
  item.contextValue = `machine.${state === 'disconnected' ? 'off' : 'on'}.${machine.kind}`;
  item.tooltip = tooltipOf(machine.label, [
    ['Where', machine.detail],
    ['State', state],
    ['Terminals', inTerminals ? 'docker speaks to this machine' : ''],
  ]);
  if (state === 'disconnected') {
    item.command = {
      command: 'strata.machine.connect',
      title: 'Connect',
      arguments: [{ kind: 'machine', machine }],
    };
  }
  return item;
}

function iconOf(kind: 'local' | 'ssh', state: MachineState): vscode.ThemeIcon {
  if (state === 'connecting' || state === 'reconnecting') return new vscode.ThemeIcon('loading~spin');
  const name = kind === 'local' ? 'device-desktop' : 'remote';
  return state === 'connected'
    ? new vscode.ThemeIcon(name, new vscode.ThemeColor('charts.green'))
    : new vscode.ThemeIcon(name);
}
