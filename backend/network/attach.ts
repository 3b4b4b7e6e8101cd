import { join } from 'node:path';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { newEndpointId } from '../base/ids.ts';
import { isUserDefined } from './known-networks.ts';
import type { NetworkContext } from './network-context.ts';
import type { Member, SandboxRecord } from './network-records.ts';
import type { AttachRequest, Sandbox } from './networks.ts';
import { planMember } from './plan-endpoint.ts';
import { plug } from './plug.ts';
import { publish } from './publish.ts';
import { toSandbox, type LiveSandbox } from './sandboxes.ts';

/** Gives a container its network. @throws not-found, conflict for a taken port, forbidden for a taken address, resource-exhausted */
export async function attach(context: NetworkContext, request: AttachRequest): Promise<Sandbox> {
  const networks = request.networks.map(({ network }) => context.networks.get(network).record);
  await ensureLinks(context, networks);
  await using undo = new CleanupStack();
  const live = plan(context, request, undo);
  const { record } = live;
  // Listeners first: they find a taken port before anything has been made.
  await publish(context, live, undo);
  if (record.netnsPath !== null) {
    context.step('attach: record');
    context.sandboxes.save(live);
    context.step('attach: namespace');
    await makeNamespace(context, record.netnsPath, request.namespaceSource ?? null, undo);
    context.step('attach: plug');
    await plug(context, live, record.members, undo);
    context.step('attach: rules');
    await context.firewall.change([], live.translations);
    context.step('attach: done');
  }
  for (const { endpoint } of record.members) context.names.put(endpoint.networkId, endpoint);
  undo.release();
  return toSandbox(record);
}

export async function ensureLinks(
  context: NetworkContext,
  networks: readonly { id: string; driver: string }[],
): Promise<void> {
  const linked = networks.filter(({ driver }) => driver !== 'host' && driver !== 'none').map(({ id }) => id);
  if (linked.length === 0) return;
  const { bridges, firewall, networks: known } = context;
  const before = known.named('bridge');
  await bridges.ensure(linked);
  // The default bridge may have got another name or subnet than the rules were written for.
  await (known.named('bridge') === before ? firewall.ensure() : firewall.apply());
}

/** Everything that the kernel will be asked for, and that no other container can have from now on. */
function plan(context: NetworkContext, request: AttachRequest, undo: CleanupStack): LiveSandbox {
  const members: Member[] = [];
  for (const wanted of request.networks) members.push(planMember(context, wanted, members, undo));
  const sandboxId = members[0]?.endpoint.endpointId ?? newEndpointId();
  const onHost = members.some(
    ({ endpoint }) => context.networks.byId(endpoint.networkId)?.record.driver === 'host',
  );
  const live = context.sandboxes.hold({
    sandboxId,
    containerId: request.containerId,
    netnsPath: onHost ? null : join(context.namespaces, sandboxId),
    hostname: request.hostname,
    dns: copyDns(request),
    extraHosts: [...request.extraHosts],
    wantedPorts: [...request.ports],
    ports: [],
    resolverPort: needsResolver(context, members) ? 0 : null,
    members,
  });
  undo.defer(() => context.sandboxes.delete(sandboxId));
  return live;
}

function copyDns({ dns }: AttachRequest): SandboxRecord['dns'] {
  return { servers: [...dns.servers], search: [...dns.search], options: [...dns.options] };
}

/** As with Docker, containers of the default bridge alone ask the host's resolvers themselves. */
export function needsResolver({ networks }: NetworkContext, members: readonly Member[]): boolean {
  return members.some(({ endpoint }) => {
    const network = networks.byId(endpoint.networkId);
    return network !== undefined && isUserDefined(network.record);
  });
}

async function makeNamespace(
  { kernel }: NetworkContext,
  path: string,
  source: string | null,
  undo: CleanupStack,
): Promise<void> {
  // Registered before: a call that ran out of time may still succeed afterwards.
  undo.defer(() => kernel.call('removeNamespace', path));
  await kernel.call('makeNamespace', { path, source });
}
