import { conflict, forbidden, invalidArgument, notFound } from '../../base/errors.ts';
import type { CreateNetworkRequest, NetworkRecord } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import { emitNetwork } from './network-events.ts';
import { isPredefined } from './network-names.ts';

/** What the kernel part makes; whether this kernel can is found when it is tried. */
const DRIVERS = ['bridge', 'macvlan', 'ipvlan'];

/** @throws conflict for a name or subnet in use, forbidden for a predefined name, invalid-argument, not-found for a driver */
export async function createNetwork(
  context: Pick<EngineContext, 'networks' | 'events'>,
  request: CreateNetworkRequest,
): Promise<NetworkRecord> {
  const { networks } = context;
  const { name } = request;
  if (name.trim() === '') throw invalidArgument('invalid name: name is empty');
  if (isPredefined(name)) throw forbidden(`operation is not permitted on predefined ${name} network`);
  const driver = checkDriver(request.driver);
  checkIpamDriver(request.ipam.driver);
  if (networks.list().some((network) => network.name === name))
    throw conflict(`network with name ${name} already exists`);
  const network = await networks.create({ ...request, driver });
  emitNetwork(context, 'create', network);
  return network;
}

function checkDriver(driver: string): string {
  if (driver === '') return 'bridge';
  if (driver === 'host' || driver === 'null' || driver === 'none')
    throw forbidden(`only one instance of "${driver}" network is allowed`);
  if (driver === 'overlay') {
    throw forbidden(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  if (!DRIVERS.includes(driver)) throw notFound(`plugin "${driver}" not found`);
  return driver;
}

function checkIpamDriver(driver: string): void {
  if (driver !== '' && driver !== 'default') throw notFound(`plugin "${driver}" not found`);
}
