import { internal, invalidArgument, notFound } from '../../base/errors.ts';
import type { NetworkRecord } from '../../network/networks.ts';
import type { Container } from '../containers/container.ts';
import { refreshResolver, removeFromHosts } from '../containers/etc-files.ts';
import { toSandboxRecord } from '../containers/sandbox.ts';
import type { EngineContext } from '../context.ts';
import { checkChangeable } from './connect-container.ts';
import { findNetwork } from './find-network.ts';
import { emitNetwork } from './network-events.ts';

/**
 * A container leaves a network: at once where it runs, else before its next start.
 * @param force also where the network itself has gone
 * @throws not-found, invalid-argument for the host's network, internal when it is not in it, which is Docker's status
 */
export async function disconnectContainer(
  context: EngineContext,
  networkName: string,
  containerName: string,
  { force }: { force: boolean },
): Promise<void> {
  const container = context.containers.resolve(containerName);
  await context.locks.run(container.id, async () => {
    checkChangeable(context, container);
    const network = findNetwork(context, networkName);
    if (network) await leave(context, container, network);
    else if (force || !container.sandbox) forget(container, networkName);
    else throw notFound(`network ${networkName} not found`);
    context.containers.save(container);
  });
}

async function leave(context: EngineContext, container: Container, network: NetworkRecord): Promise<void> {
  const { sandbox, hostConfig, id } = container;
  if (!sandbox) return forget(container, network.name);
  if (network.driver === 'host' && hostConfig.networkMode === 'host') {
    throw invalidArgument(
      'cannot disconnect container from host network - container was created in host network mode',
    );
  }
  const endpoint = sandbox.endpoints.find(({ networkId }) => networkId === network.id);
  if (!endpoint) throw internal(`container ${id} is not connected to network ${network.name}`);
  await refreshResolver(context, container, async () => {
    container.sandbox = toSandboxRecord(await context.networks.disconnect(sandbox, network.id));
    delete container.networks[network.name];
  });
  await removeFromHosts(context, container, endpoint);
  emitNetwork(context, 'disconnect', network, { container: id });
}

function forget(container: Container, networkName: string): void {
  if (!(networkName in container.networks))
    throw internal(`container ${container.id} is not connected to the network ${networkName}`);
  delete container.networks[networkName];
}
