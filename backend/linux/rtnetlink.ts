import { isErrno } from '../base/errors.ts';
import { formatIp, ipOfBytes } from '../base/ip.ts';
import {
  attribute,
  NetlinkSocket,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  parseAttributes,
  uint32,
} from './netlink.ts';
import {
  addressMessage,
  AF_BRIDGE,
  AF_INET,
  AF_INET6,
  defaultRouteMessage,
  IFA_ADDRESS,
  IFLA_ADDRESS,
  IFLA_BRPORT_ISOLATED,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_PROTINFO,
  IFLA_VLAN_ID,
  linkHeader,
  macBytes,
  parseLink,
  RTA_DST,
  RTA_OIF,
  RTN_UNICAST,
  type Link,
} from './route-messages.ts';

// From <linux/rtnetlink.h> and <linux/veth.h>.
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const VETH_INFO_PEER = 1;

/** A range of addresses; prefix length 0 is the default route. */
export interface Range {
  address: string;
  prefixLength: number;
  /** Index of the interface, 0 where it has none. */
  link: number;
}

export interface VethPair {
  name: string;
  bridge: number;
  mtu: number;
  peer: { name: string; mac: string; namespaceFd: number };
}

/** A link inside a namespace that shares the hardware of one outside. */
export interface SubLink {
  kind: 'macvlan' | 'ipvlan';
  mode: number;
  parent: number;
  name: string;
  /** Null where it has its parent's. */
  mac: string | null;
  mtu: number;
  namespaceFd: number;
}

/** Links, addresses and routes of one network namespace: the one of the thread that makes the object. */
export class RouteSocket implements Disposable {
  readonly #socket = new NetlinkSocket('route');

  links(): Link[] {
    return this.#request('list links', RTM_GETLINK, NLM_F_DUMP, linkHeader()).map(parseLink);
  }

  /** Undefined where there is no such link. */
  link(name: string): Link | undefined {
    const payload = Buffer.concat([linkHeader(), attribute(IFLA_IFNAME, name)]);
    try {
      return this.#request(`look for link ${name}`, RTM_GETLINK, 0, payload).map(parseLink)[0];
    } catch (error) {
      if (isErrno(error, 'ENODEV')) return undefined;
      throw error;
    }
  }

  /** @throws EEXIST where a link has this name. */
  addBridge(name: string, mac: string, mtu: number): void {
    this.#add(`add bridge ${name}`, [
      linkHeader({ up: true }),
      attribute(IFLA_IFNAME, name),
      attribute(IFLA_ADDRESS, macBytes(mac)),
      attribute(IFLA_MTU, uint32(mtu)),
      attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, 'bridge')),
    ]);
  }

  /**
   * One end here as a port of the bridge, the other made inside the namespace: moving it there later
   * costs ten times as much, because the kernel then waits for every reader of the device.
   */
  addVethPair({ name, bridge, mtu, peer }: VethPair): void {
    const peerAttributes = attribute(
      VETH_INFO_PEER,
      // The kernel makes the peer first and refuses to bring it up while it is alone.
      linkHeader(),
      attribute(IFLA_IFNAME, peer.name),
      attribute(IFLA_ADDRESS, macBytes(peer.mac)),
      attribute(IFLA_MTU, uint32(mtu)),
      attribute(IFLA_NET_NS_FD, uint32(peer.namespaceFd)),
    );
    this.#add(`add veth ${name}`, [
      linkHeader({ up: true }),
      attribute(IFLA_IFNAME, name),
      attribute(IFLA_MTU, uint32(mtu)),
      attribute(IFLA_MASTER, uint32(bridge)),
      attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, 'veth'), attribute(IFLA_INFO_DATA, peerAttributes)),
    ]);
  }

  /** @throws ENOTSUP where the kernel lacks this kind. */
  addSubLink({ kind, mode, parent, name, mac, mtu, namespaceFd }: SubLink): void {
    // Both call the attribute 1, but one has 32 bits and the other 16.
    const modeBytes = kind === 'macvlan' ? uint32(mode) : uint32(mode).subarray(0, 2);
    this.#add(`add ${kind} ${name}`, [
      linkHeader(),
      attribute(IFLA_IFNAME, name),
      attribute(IFLA_LINK, uint32(parent)),
      attribute(IFLA_NET_NS_FD, uint32(namespaceFd)),
      ...(mac === null ? [] : [attribute(IFLA_ADDRESS, macBytes(mac))]),
      ...(mtu === 0 ? [] : [attribute(IFLA_MTU, uint32(mtu))]),
      attribute(
        IFLA_LINKINFO,
        attribute(IFLA_INFO_KIND, kind),
        attribute(IFLA_INFO_DATA, attribute(1, modeBytes)),
      ),
    ]);
  }

  /** Whether the kernel has, or can load, this kind of link. */
  hasKind(kind: 'macvlan' | 'ipvlan' | 'vlan'): boolean {
    try {
      // Without the link that it would be a part of, which is asked for after the kind.
      this.#add(`look for ${kind}`, [
        linkHeader(),
        attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, kind)),
      ]);
      return true;
    } catch (error) {
      // Node's name of EOPNOTSUPP.
      return !isErrno(error, 'ENOTSUP');
    }
  }

  /** A link with nobody behind it. @throws ENOTSUP where the kernel lacks it */
  addDummy(name: string): void {
    this.#add(`add dummy ${name}`, [
      linkHeader({ up: true }),
      attribute(IFLA_IFNAME, name),
      attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, 'dummy')),
    ]);
  }

  addVlan(name: string, parent: number, id: number): void {
    this.#add(`add VLAN ${name}`, [
      linkHeader({ up: true }),
      attribute(IFLA_IFNAME, name),
      attribute(IFLA_LINK, uint32(parent)),
      attribute(
        IFLA_LINKINFO,
        attribute(IFLA_INFO_KIND, 'vlan'),
        attribute(IFLA_INFO_DATA, attribute(IFLA_VLAN_ID, uint32(id).subarray(0, 2))),
      ),
    ]);
  }

  setUp(index: number): void {
    this.#request(`set link ${index} up`, RTM_NEWLINK, 0, linkHeader({ index, up: true }));
  }

  /** While it is down. */
  rename(index: number, name: string): void {
    const payload = Buffer.concat([linkHeader({ index }), attribute(IFLA_IFNAME, name)]);
    this.#request(`rename link ${index} to ${name}`, RTM_NEWLINK, 0, payload);
  }

  setMaster(index: number, bridge: number): void {
    const payload = Buffer.concat([linkHeader({ index, up: true }), attribute(IFLA_MASTER, uint32(bridge))]);
    this.#request(`make link ${index} a port of ${bridge}`, RTM_NEWLINK, 0, payload);
  }

  /** A port of a bridge that reaches the bridge itself, but no other port of this kind. */
  setIsolated(index: number): void {
    const payload = Buffer.concat([
      linkHeader({ index, family: AF_BRIDGE }),
      attribute(IFLA_PROTINFO, attribute(IFLA_BRPORT_ISOLATED, Buffer.from([1]))),
    ]);
    this.#request(`isolate link ${index}`, RTM_SETLINK, 0, payload);
  }

  /** @throws ENODEV where there is none. */
  deleteLink(index: number): void {
    this.#request(`delete link ${index}`, RTM_DELLINK, 0, linkHeader({ index }));
  }

  /** @throws EEXIST where the link has it. */
  addAddress(index: number, address: string, prefixLength: number): void {
    const payload = addressMessage(index, address, prefixLength);
    this.#request(`add address ${address}/${prefixLength}`, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, payload);
  }

  /** Takes the place of an earlier one of the family. */
  setDefaultRoute(family: 4 | 6, index: number, gateway: string | null): void {
    const payload = defaultRouteMessage(family, gateway, index);
    const what = `set default route by ${gateway ?? `link ${index}`}`;
    // IPv6 keeps routes of the same metric side by side: the earlier ones go first.
    if (family === 6) this.removeDefaultRoute(6);
    this.#request(what, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, payload);
  }

  /** Idempotent. */
  removeDefaultRoute(family: 4 | 6): void {
    const payload = defaultRouteMessage(family, null, null);
    try {
      for (let more = 8; more > 0; more -= 1) this.#request('remove default route', RTM_DELROUTE, 0, payload);
    } catch (error) {
      if (!isErrno(error, 'ESRCH') && !isErrno(error, 'ENOENT')) throw error;
    }
  }

  /** Every address of this namespace, with the range that it opens. */
  addresses(): Range[] {
    return [AF_INET, AF_INET6].flatMap((family) => {
      const header = Buffer.alloc(8);
      header.writeUInt8(family, 0);
      return this.#request('list addresses', RTM_GETADDR, NLM_F_DUMP, header).map((payload) => ({
        address: addressOf(parseAttributes(payload, 8).get(IFA_ADDRESS), family),
        prefixLength: payload.readUInt8(1),
        link: payload.readUInt32LE(4),
      }));
    });
  }

  /** Every route to other machines, of all tables: those of VPNs are often not in the main one. */
  routes(): Range[] {
    return [AF_INET, AF_INET6].flatMap((family) => {
      const header = Buffer.alloc(12);
      header.writeUInt8(family, 0);
      const answers = this.#request('list routes', RTM_GETROUTE, NLM_F_DUMP, header);
      return answers
        .filter((payload) => payload.readUInt8(7) === RTN_UNICAST)
        .map((payload) => {
          const attributes = parseAttributes(payload, 12);
          return {
            address: addressOf(attributes.get(RTA_DST), family),
            prefixLength: payload.readUInt8(1),
            link: attributes.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
          };
        });
    });
  }

  #add(what: string, parts: Buffer[]): void {
    this.#request(what, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, Buffer.concat(parts));
  }

  #request(what: string, type: number, flags: number, payload: Buffer): Buffer[] {
    return this.#socket.request({ what, type, flags, payload });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function addressOf(bytes: Buffer | undefined, family: number): string {
  return formatIp(ipOfBytes(bytes ?? Buffer.alloc(family === AF_INET ? 4 : 16)));
}
