import { z } from 'zod';
import { invalidArgument, notImplemented, unavailable } from '../../base/errors.ts';
import type { CreateNetworkRequest, IpamRange } from '../../network/networks.ts';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const byName = z.record(z.string(), z.string()).nullish();

const ipamRange = z.looseObject({
  Subnet: text,
  IPRange: text,
  Gateway: text,
  AuxiliaryAddresses: byName,
});

/** POST /networks/create. `CheckDuplicate` is not looked at: names are always unique. */
const networkCreateWire = z.looseObject({
  Name: z.string({ error: 'a name is required' }),
  Driver: text,
  Scope: text,
  EnableIPv4: flag,
  EnableIPv6: flag,
  Internal: flag,
  Attachable: flag,
  Ingress: flag,
  ConfigOnly: flag,
  ConfigFrom: z.looseObject({ Network: text }).nullish(),
  IPAM: z.looseObject({ Driver: text, Options: byName, Config: z.array(ipamRange).nullish() }).nullish(),
  Options: byName,
  Labels: byName,
});
type NetworkCreate = z.infer<typeof networkCreateWire>;

/** Docker's options that say the same as a field of the request. */
const ENABLE_IPV4 = 'com.docker.network.enable_ipv4';
const ENABLE_IPV6 = 'com.docker.network.enable_ipv6';

/** @throws invalid-argument; unavailable for what only a swarm has */
export function toCreateNetworkRequest(body: unknown): CreateNetworkRequest {
  if (body === undefined) throw invalidArgument('a JSON body with the field Name is required');
  const wire = networkCreateWire.parse(body);
  refuseOthers(wire);
  const { [ENABLE_IPV4]: ipv4, [ENABLE_IPV6]: ipv6, ...options } = wire.Options ?? {};
  return {
    name: wire.Name,
    driver: wire.Driver ?? '',
    internal: wire.Internal ?? false,
    attachable: wire.Attachable ?? false,
    enableIPv4: wire.EnableIPv4 ?? parseBoolean(ENABLE_IPV4, ipv4) ?? true,
    enableIPv6: wire.EnableIPv6 ?? parseBoolean(ENABLE_IPV6, ipv6) ?? false,
    ipam: {
      driver: wire.IPAM?.Driver ?? '',
      options: wire.IPAM?.Options ?? {},
      ranges: (wire.IPAM?.Config ?? []).map(toRange),
    },
    options,
    labels: wire.Labels ?? {},
  };
}

function toRange({ Subnet, IPRange, Gateway, AuxiliaryAddresses }: z.infer<typeof ipamRange>): IpamRange {
  return {
    subnet: Subnet ?? '',
    ipRange: IPRange ?? '',
    gateway: Gateway ?? '',
    auxAddresses: AuxiliaryAddresses ?? {},
  };
}

function refuseOthers({ Ingress, Scope, ConfigOnly, ConfigFrom }: NetworkCreate): void {
  if (Ingress || Scope === 'swarm') {
    throw unavailable(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  if (Scope && Scope !== 'local') throw invalidArgument(`invalid field Scope: ${Scope}: expected local`);
  if (ConfigOnly || ConfigFrom?.Network) {
    throw notImplemented(
      'networks that are only a configuration for others (ConfigOnly, ConfigFrom) are not supported: Strata is a single engine',
    );
  }
}

function parseBoolean(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (['1', 't', 'true'].includes(value.toLowerCase())) return true;
  if (['0', 'f', 'false'].includes(value.toLowerCase())) return false;
  throw invalidArgument(`driver-opt "${name}" is not a valid bool`);
}
