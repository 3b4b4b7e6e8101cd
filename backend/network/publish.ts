import { CleanupStack } from '../base/cleanup-stack.ts';
import { notImplemented } from '../base/errors.ts';
import { translationsOf } from './firewall/translations.ts';
import type { NetworkContext } from './network-context.ts';
import type { PortMapping } from './networks.ts';
import { openPorts, type OpenPorts } from './ports/open-ports.ts';
import type { LiveSandbox } from './sandboxes.ts';
import { targetOf, wayOut } from './way-out.ts';

/** Listens on the ports of a container whose way out is known; in internal networks alone nothing is published, as with Docker. */
export async function publish(context: NetworkContext, live: LiveSandbox, undo: CleanupStack): Promise<void> {
  const { record } = live;
  const { address, address6 } = targetOf(record.members);
  if (record.wantedPorts.length === 0 || (address === null && address6 === null)) return;
  const ports = record.wantedPorts.map((port) => bound(context, live, port));
  if (ports.some(({ protocol }) => protocol === 'sctp')) await refuseWithoutSctp(context);
  const opened = await listen(context, live, ports);
  undo.defer(() => opened.close());
  live.openPorts = opened;
  record.ports = [...opened.ports];
  retranslate(live);
}

/** @throws conflict naming the taken port, invalid-argument */
export function listen(
  context: NetworkContext,
  live: LiveSandbox,
  ports: readonly PortMapping[],
): Promise<OpenPorts> {
  return openPorts({
    ports,
    target: () => listenerTarget(live),
    ownerOf: (port) => context.sandboxes.ownerOf(port),
  });
}

/** After networks came or went: what leads to the container follows its way out. */
export async function rearrange(context: NetworkContext, live: LiveSandbox): Promise<void> {
  const before = live.translations;
  if (live.openPorts) retranslate(live);
  else {
    await using undo = new CleanupStack();
    await publish(context, live, undo);
    undo.release();
    context.sandboxes.save(live);
  }
  await context.firewall.change(before, live.translations);
}

export function retranslate(live: LiveSandbox): void {
  live.translations = translationsOf(live.record.ports, targetOf(live.record.members));
}

/** The network of the way out may say where ports without an address are bound. */
function bound({ networks }: NetworkContext, { record }: LiveSandbox, port: PortMapping): PortMapping {
  if (port.hostAddress !== '') return port;
  const endpoint = (wayOut(record.members, 4) ?? wayOut(record.members, 6))?.endpoint;
  const hostBinding = networks.byId(endpoint?.networkId ?? '')?.settings.hostBinding ?? '';
  return { ...port, hostAddress: hostBinding };
}

/** IPv4 first: a program that listens on 0.0.0.0 alone is more common than one that listens on :: alone. */
function listenerTarget({ record }: LiveSandbox): string | null {
  const { address, address6 } = targetOf(record.members);
  return address ?? address6;
}

async function refuseWithoutSctp({ kernel }: NetworkContext): Promise<void> {
  if (await kernel.call('hasSctp')) return;
  throw notImplemented('the kernel of this machine has no SCTP: an sctp port cannot be published');
}
