import * as vscode from 'vscode';
import { publishedPorts } from '../../model/format.ts';
import type { Command } from '../command.ts';
import { pickContainer } from '../pick.ts';

const tcpPorts = (container: Parameters<typeof publishedPorts>[0]) =>
  publishedPorts(container).filter((port) => port.Type === 'tcp');

export const openInBrowserCommand: Command = {
  id: 'strata.container.openInBrowser',
  async run(deps, target) {
    const node = await pickContainer(
      deps,
      target,
      'Open a Container in the Browser',
      (container) => tcpPorts(container).length > 0,
    );
    if (node === undefined) return;
    const port = await pickPort(tcpPorts(node.container));
    if (port === undefined) return;
    const local = await deps.forwards.localPort(node.session, port);
    const scheme = port === 443 || port === 8443 ? 'https' : 'http';
    const address = vscode.Uri.parse(`${scheme}://localhost:${local}/`);
    // In a remote window the editor itself brings the port to the user's machine.
    await vscode.env.openExternal(await vscode.env.asExternalUri(address));
  },
};

async function pickPort(ports: ReturnType<typeof publishedPorts>): Promise<number | undefined> {
  if (ports.length === 0) throw new Error('this container publishes no TCP port');
  if (ports.length === 1) return ports[0]?.PublicPort;
  const items = ports.map((port) => ({
    label: String(port.PublicPort),
    description: `→ ${port.PrivatePort} in the container`,
    port: port.PublicPort,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Published port' }))?.port;
}
