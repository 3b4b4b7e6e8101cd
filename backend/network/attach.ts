import { join } from 'node:path';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { newEndpointId, type EndpointId } from '../base/ids.ts';
import { macOf } from './address-pool.ts';
import { ownerOf, type NetworkContext } from './network-context.ts';
import type { EndpointRecord } from './network-records.ts';
import type {
  OneAttachRequest as AttachRequest,
  OneEndpoint as Endpoint,
  OneNetworkRecord as NetworkRecord,
} from './one-network.ts';
import { openPorts } from './ports/open-ports.ts';

/** Gives a container its network. @throws not-found, conflict for a taken port, resource-exhausted without a free address */
export async function attach(context: NetworkContext, request: AttachRequest): Promise<Endpoint> {
  const network = context.get(request.network);
  const endpointId = newEndpointId();
  if (network.driver === 'host') return bareEndpoint(endpointId, network, null);
  if (network.driver === 'none') return attachNone(context, request, endpointId, network);
  return attachBridge(context, request, endpointId, network);
}

async function attachNone(
  context: NetworkContext,
  { containerId }: AttachRequest,
  endpointId: EndpointId,
  network: NetworkRecord,
): Promise<Endpoint> {
  const netnsPath = join(context.namespaces, endpointId);
  await using undo = new CleanupStack();
  record(context, undo, { endpointId, containerId, netnsPath, address: null, ports: [] });
  await makeNamespace(context, undo, netnsPath);
  undo.release();
  return bareEndpoint(endpointId, network, netnsPath);
}

async function attachBridge(
  context: NetworkContext,
  { containerId, ports: wantedPorts }: AttachRequest,
  endpointId: EndpointId,
  network: NetworkRecord,
): Promise<Endpoint> {
  const netnsPath = join(context.namespaces, endpointId);
  const { tablePresent } = await context.bridge.ensure();
  await using undo = new CleanupStack();
  const address = takeAddress(context, undo);
  // Listeners first: they find a taken port before anything has been made.
  const owner = ownerOf.bind(null, context.tables);
  const { ports, close } = await openPorts({ ports: wantedPorts, address, ownerOf: owner });
  undo.defer(close);
  if (ports.length > 0) undo.defer(() => withdrawRules(context));
  record(context, undo, { endpointId, containerId, netnsPath, address, ports: [...ports] });
  await makeNamespace(context, undo, netnsPath);
  const mac = macOf(address);
  await connect(context, { endpointId, netnsPath, address, mac });
  if (!tablePresent) await context.firewall.apply();
  // Without ports the rules that stand are the right ones, and a spawned nft is saved.
  else if (ports.length > 0) await context.firewall.publish(ports.map((port) => ({ ...port, address })));
  undo.release();
  context.listeners.set(endpointId, close);
  const { gateway, prefixLength } = context.bridge.plan;
  return { ...bareEndpoint(endpointId, network, netnsPath), address, prefixLength, gateway, mac, ports };
}

function takeAddress({ bridge }: NetworkContext, undo: CleanupStack): string {
  const { addresses } = bridge;
  const address = addresses.take();
  undo.defer(() => addresses.release(address));
  return address;
}

function record({ tables }: NetworkContext, undo: CleanupStack, endpoint: EndpointRecord): void {
  tables.endpoints.put(endpoint.endpointId, endpoint);
  undo.defer(() => tables.endpoints.delete(endpoint.endpointId));
}

/** Another attach may have applied rules for this endpoint's record already. */
async function withdrawRules({ firewall }: NetworkContext): Promise<void> {
  // Whoever attached has to learn of the failure that led here, not of one in its wake.
  await firewall.apply().catch(() => undefined);
}

async function makeNamespace({ kernel }: NetworkContext, undo: CleanupStack, path: string): Promise<void> {
  // Registered before: a call that ran out of time may still succeed afterwards.
  undo.defer(() => kernel.call('removeNamespace', path));
  await kernel.call('makeNamespace', path);
}

async function connect(
  { kernel, identity, bridge }: NetworkContext,
  endpoint: { endpointId: EndpointId; netnsPath: string; address: string; mac: string },
): Promise<void> {
  await kernel.call('connect', {
    namespace: endpoint.netnsPath,
    bridge: bridge.plan.name,
    veth: identity.veth(endpoint.endpointId),
    mac: endpoint.mac,
    mtu: bridge.mtu,
    address: endpoint.address,
    prefixLength: bridge.plan.prefixLength,
    gateway: bridge.plan.gateway,
  });
}

function bareEndpoint(endpointId: EndpointId, network: NetworkRecord, netnsPath: string | null): Endpoint {
  return {
    endpointId,
    networkId: network.id,
    networkName: network.name,
    netnsPath,
    address: null,
    prefixLength: 0,
    gateway: null,
    mac: null,
    ports: [],
  };
}
