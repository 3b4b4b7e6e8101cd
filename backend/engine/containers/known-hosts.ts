import type { EngineContext } from '../context.ts';
import { findNetwork } from '../networks/find-network.ts';
import type { Container } from './container.ts';
import { legacyLinks } from './legacy-links.ts';

type Context = Pick<EngineContext, 'networks' | 'containers'>;

const HOST_GATEWAY = 'host-gateway';

/** `name:address` of everything beyond itself that a container knows by name: `--add-host`, and legacy links. */
export function knownHosts(context: Context, container: Container): string[] {
  const own = container.hostConfig.extraHosts.flatMap((entry) => {
    const [, name = '', value = ''] = /^([^:=]+)[:=](.*)$/.exec(entry) ?? [];
    const address =
      value === HOST_GATEWAY ? hostGateway(context, container) : value.replace(/^\[(.*)\]$/, '$1');
    return name === '' || address === null ? [] : [`${name}:${address}`];
  });
  const linked = legacyLinks(context, container).flatMap(({ names, address }) =>
    names.map((name) => `${name}:${address}`),
  );
  return [...own, ...linked];
}

/**
 * Where this container reaches the host: the gateway of one of its own networks, because the default bridge is
 * made only when somebody is in it.
 */
function hostGateway(context: Context, { networks }: Container): string | null {
  for (const name of [...Object.keys(networks), 'bridge']) {
    const network = findNetwork(context, name);
    if (!network || network.internal || network.driver !== 'bridge') continue;
    const gateways = network.ipam.ranges.map(({ gateway }) => gateway).filter((gateway) => gateway !== '');
    const gateway = gateways.find((address) => !address.includes(':')) ?? gateways[0];
    if (gateway !== undefined) return gateway;
  }
  return null;
}
