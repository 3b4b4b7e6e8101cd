import * as vscode from 'vscode';
import type { Session } from '../client/session.ts';
import type { ContainerSummary } from '../client/shapes/containers.ts';
import { sortedContainers } from '../model/engine-state.ts';
import { containerName, familiarName, formatBytes, formatPorts, imageTitle } from '../model/format.ts';
import { volumeTitle, volumeUse } from '../model/volume-words.ts';
import {
  type ContainerNode,
  type ImageNode,
  isNode,
  type MachineNode,
  type VolumeNode,
} from '../tree/nodes.ts';
import type { CommandDeps } from './command.ts';

/** The machine a command was called on, or the user's choice; undefined where the user gives up. */
export async function pickMachine(
  deps: CommandDeps,
  target: unknown,
  title: string,
  wanted: 'connected' | 'disconnected',
): Promise<MachineNode['machine'] | undefined> {
  if (isNode(target, 'machine')) return target.machine;
  const connected = wanted === 'connected';
  const machines = (await deps.connector.machines()).filter(
    (machine) => (deps.sessions.get(machine.id) !== undefined) === connected,
  );
  if (machines.length === 0) {
    throw new Error(connected ? 'no machine is connected' : 'every known machine is connected already');
  }
  const items = machines.map((machine) => ({ label: machine.label, description: machine.detail, machine }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Machine' });
  return picked?.machine;
}

/** The engine a command is about: by its node, the only one, or the user's choice. Connects where none is. */
export async function pickSession(
  deps: CommandDeps,
  target: unknown,
  title: string,
): Promise<Session | undefined> {
  if (isNode(target, 'session')) return target.session;
  if (isNode(target, 'machine')) return deps.sessions.get(target.machine.id);
  if (deps.sessions.all().length === 0) await vscode.commands.executeCommand('strata.machine.connect');
  const sessions = deps.sessions.all();
  if (sessions.length <= 1) return sessions[0];
  const items = sessions.map((session) => ({ label: session.machine.label, session }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'On which machine?' });
  return picked?.session;
}

export async function pickContainer(
  deps: CommandDeps,
  target: unknown,
  title: string,
  fits: (container: ContainerSummary) => boolean = () => true,
): Promise<ContainerNode | undefined> {
  if (isNode(target, 'container')) return target;
  const session = await pickSession(deps, target, title);
  if (session === undefined) return undefined;
  const items = sortedContainers(session.watch.state)
    .filter(fits)
    .map((container) => ({
      label: containerName(container),
      description: familiarName(container.Image),
      detail: [container.Status, formatPorts(container)].filter((part) => part !== '').join(' · '),
      node: { kind: 'container', session, container } as const,
    }));
  if (items.length === 0) throw new Error('there is no container that this fits');
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Container' });
  return picked?.node;
}

export async function pickImage(
  deps: CommandDeps,
  target: unknown,
  title: string,
): Promise<ImageNode | undefined> {
  if (isNode(target, 'image')) return target;
  if (isNode(target, 'layer')) return { kind: 'image', session: target.session, image: target.image };
  const session = await pickSession(deps, target, title);
  if (session === undefined) return undefined;
  const items = session.watch.state.images.map((image) => ({
    label: familiarName(imageTitle(image)),
    description: formatBytes(image.Size),
    node: { kind: 'image', session, image } as const,
  }));
  if (items.length === 0) throw new Error('there is no image yet: pull one first');
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Image' });
  return picked?.node;
}

export async function pickVolume(
  deps: CommandDeps,
  target: unknown,
  title: string,
): Promise<VolumeNode | undefined> {
  if (isNode(target, 'volume')) return target;
  const session = await pickSession(deps, target, title);
  if (session === undefined) return undefined;
  const items = session.watch.state.volumes.map((volume) => ({
    label: volumeTitle(volume),
    description: volumeUse(volume),
    node: { kind: 'volume', session, volume } as const,
  }));
  if (items.length === 0) throw new Error('there is no volume yet: create one first');
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Volume' });
  return picked?.node;
}
