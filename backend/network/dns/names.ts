import { formatIp, parseIp } from '../../base/ip.ts';
import type { Endpoint } from '../networks.ts';

interface NetworkNames {
  byName: Map<string, Endpoint[]>;
  byAddress: Map<string, Endpoint>;
}

/** What containers are called in each network. */
export class Names {
  readonly #networks = new Map<string, NetworkNames>();
  readonly #endpoints = new Map<string, { networkId: string; endpoint: Endpoint }>();

  /** Takes the place of what the endpoint had before. */
  put(networkId: string, endpoint: Endpoint): void {
    this.remove(endpoint.endpointId);
    this.#endpoints.set(endpoint.endpointId, { networkId, endpoint });
    const names = this.#namesOf(networkId);
    for (const name of namesOf(endpoint)) {
      const others = names.byName.get(name);
      if (others) others.push(endpoint);
      else names.byName.set(name, [endpoint]);
    }
    for (const address of addressesOf(endpoint)) names.byAddress.set(address, endpoint);
  }

  remove(endpointId: string): void {
    const known = this.#endpoints.get(endpointId);
    if (!known) return;
    this.#endpoints.delete(endpointId);
    const { networkId, endpoint } = known;
    const { byName, byAddress } = this.#namesOf(networkId);
    for (const name of namesOf(endpoint)) {
      const others = byName.get(name)?.filter((other) => other !== endpoint) ?? [];
      if (others.length > 0) byName.set(name, others);
      else byName.delete(name);
    }
    for (const address of addressesOf(endpoint))
      if (byAddress.get(address) === endpoint) byAddress.delete(address);
    if (byName.size === 0 && byAddress.size === 0) this.#networks.delete(networkId);
  }

  /** All that share the name, beginning with any of them, so that clients who take the first one spread. */
  lookup(networkId: string, name: string): readonly Endpoint[] {
    const found = this.#networks.get(networkId)?.byName.get(name.toLowerCase());
    if (!found || found.length < 2) return found ?? [];
    // Not by turns: who asks for both families by turns would always see the same one first.
    const first = Math.floor(Math.random() * found.length);
    return [...found.slice(first), ...found.slice(0, first)];
  }

  /** The first name of who has the address. */
  reverse(networkId: string, address: string): string | undefined {
    return this.#networks.get(networkId)?.byAddress.get(address)?.dnsNames[0];
  }

  #namesOf(networkId: string): NetworkNames {
    const known = this.#networks.get(networkId);
    if (known) return known;
    const names = { byName: new Map<string, Endpoint[]>(), byAddress: new Map<string, Endpoint>() };
    this.#networks.set(networkId, names);
    return names;
  }
}

function namesOf({ dnsNames }: Endpoint): Set<string> {
  return new Set(dnsNames.map((name) => name.toLowerCase()));
}

/** Written as those that are asked for will be. */
function addressesOf({ address, address6 }: Endpoint): string[] {
  return [address, address6].flatMap((text) => (text === null ? [] : [formatIp(parseIp(text))]));
}
