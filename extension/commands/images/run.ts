import * as vscode from 'vscode';
import { createContainer, startContainer } from '../../client/containers.ts';
import { inspectImage } from '../../client/images.ts';
import { imageTitle } from '../../model/format.ts';
import { messageOf } from '../../model/message-of.ts';
import { parsePortList, portBindings, suggestedPorts } from '../../model/port-list.ts';
import { splitWords } from '../../model/words.ts';
import { startInTerminal } from '../../terminals/attach-terminal.ts';
import type { Command } from '../command.ts';
import { pickImage } from '../pick.ts';
import { inView } from '../progress.ts';

export const runCommand: Command = {
  id: 'strata.image.run',
  async run(deps, target) {
    const node = await pickImage(deps, target, 'Run an Image');
    if (node === undefined) return;
    const { api } = node.session;
    const image = imageTitle(node.image);
    const { Config } = await inspectImage(api, node.image.Id);
    const wishes = await ask(image, Object.keys(Config?.ExposedPorts ?? {}), Config?.Cmd ?? []);
    if (wishes === undefined) return;
    const ports = portBindings(parsePortList(wishes.ports));
    const words = splitWords(wishes.command);
    const spec = {
      Image: image,
      ...(words.length > 0 ? { Cmd: words } : {}),
      Tty: wishes.terminal,
      OpenStdin: wishes.terminal,
      ExposedPorts: ports.exposed,
      HostConfig: { PortBindings: ports.bindings, AutoRemove: false },
    };
    const id = await inView('containers', () => createContainer(api, wishes.name, spec));
    if (wishes.terminal) startInTerminal(node.session, id, wishes.name || image);
    else await inView('containers', () => startContainer(api, id));
  },
};

interface Wishes {
  terminal: boolean;
  name: string;
  command: string;
  ports: string;
}

async function ask(image: string, exposed: string[], cmd: string[]): Promise<Wishes | undefined> {
  const title = `Run ${image}`;
  const mode = await vscode.window.showQuickPick(
    [
      { label: '$(server-process) Detached', description: 'runs in the background', terminal: false },
      { label: '$(terminal) With a terminal', description: 'attached, takes your input', terminal: true },
    ],
    { title: `${title} (1/4)`, placeHolder: 'How should it run?' },
  );
  if (mode === undefined) return undefined;
  const name = await input(`${title} (2/4)`, 'Name of the container, empty for a made-up one', '', checkName);
  if (name === undefined) return undefined;
  const usual = cmd.length > 0 ? `empty for the image's own: ${cmd.join(' ')}` : "empty for the image's own";
  const command = await input(`${title} (3/4)`, `Command, ${usual}`, '');
  if (command === undefined) return undefined;
  const prompt = 'Published ports, HOST:CONTAINER, empty for none';
  const ports = await input(`${title} (4/4)`, prompt, suggestedPorts(exposed), checkPorts);
  if (ports === undefined) return undefined;
  return { terminal: mode.terminal, name, command, ports };
}

async function input(
  title: string,
  prompt: string,
  value: string,
  check?: (value: string) => string | undefined,
): Promise<string | undefined> {
  const validateInput = (text: string) => check?.(text.trim());
  const options = { title, prompt, value, ignoreFocusOut: true, validateInput };
  return (await vscode.window.showInputBox(options))?.trim();
}

function checkName(name: string): string | undefined {
  if (name === '' || /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return undefined;
  return 'Letters, digits, _ . and -, at least two of them, the first a letter or digit';
}

function checkPorts(text: string): string | undefined {
  try {
    parsePortList(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
