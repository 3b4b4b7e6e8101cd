import { conflict, forbidden, invalidArgument, notFound } from '../../base/errors.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import type { Container } from '../containers/container.ts';
import type { EndpointSettings } from '../containers/container-networks.ts';
import { addToHosts, refreshResolver } from '../containers/etc-files.ts';
import { endpointRequest, toSandboxRecord } from '../containers/sandbox.ts';
import type { EngineContext } from '../context.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { emitNetwork } from './network-events.ts';
import { sharedContainer } from './network-names.ts';

/**
 * A container joins one more network: at once where it runs, else at its next start.
 * @throws not-found, invalid-argument for settings or modes that do not allow it, forbidden when it is in it already
 */
export async function connectContainer(
  context: EngineContext,
  networkName: string,
  containerName: string,
  settings: EndpointSettings,
): Promise<void> {
  const container = context.containers.resolve(containerName);
  await context.locks.run(container.id, async () => {
    checkChangeable(context, container);
    const network = context.networks.get(networkName);
    const wanted = { ...settings, networkId: network.id };
    checkEndpoint(network.name, network, wanted);
    checkMayJoin(container, network);
    if (container.sandbox) {
      await refreshResolver(context, container, () => joinLive(context, container, network, wanted));
    }
    // As with Docker, a stopped container that is to join already keeps its settings.
    else container.networks[network.name] ??= wanted;
    context.containers.save(container);
  });
}

/** @throws conflict for a container that is going, not-found for one that has gone */
export function checkChangeable({ containers }: EngineContext, container: Container): void {
  const { id, state } = container;
  if (containers.get(id) !== container) throw notFound(`No such container: ${id}`);
  if (state.status !== 'removing' && state.status !== 'dead') return;
  throw conflict(
    `Container ${id} is marked for removal and cannot be connected or disconnected to the network`,
  );
}

function checkMayJoin({ hostConfig, networks }: Container, { name, driver }: NetworkRecord): void {
  if (sharedContainer(hostConfig.networkMode) !== null) throw sharesNamespace();
  const others = Object.keys(networks).filter((other) => other !== name);
  if (driver === 'host' && hostConfig.networkMode !== 'host') {
    throw invalidArgument(
      'cannot connect container to host network - container must be created in host network mode',
    );
  }
  if (others.includes('host')) throw sharesNamespace();
  if (others.includes('none') || (driver === 'none' && others.length > 0)) {
    throw invalidArgument(
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
  }
}

function sharesNamespace(): Error {
  return invalidArgument(
    'container sharing network namespace with another container or host cannot be connected to any other network',
  );
}

async function joinLive(
  context: EngineContext,
  container: Container,
  network: NetworkRecord,
  settings: EndpointSettings,
): Promise<void> {
  const { sandbox } = container;
  if (sandbox === null) return;
  if (sandbox.endpoints.some(({ networkId }) => networkId === network.id)) {
    throw forbidden(`endpoint with name ${container.name} already exists in network ${network.name}`);
  }
  const request = endpointRequest(container, network.name, settings);
  container.sandbox = toSandboxRecord(await context.networks.connect(sandbox, request));
  container.networks[network.name] = settings;
  const endpoint = container.sandbox.endpoints.find(({ networkId }) => networkId === network.id);
  if (endpoint) await addToHosts(context, container, endpoint);
  emitNetwork(context, 'connect', network, { container: container.id });
}
