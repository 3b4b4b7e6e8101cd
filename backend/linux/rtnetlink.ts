import { isErrno } from '../base/errors.ts';
import {
  attribute,
  NetlinkSocket,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  parseAttributes,
  uint32,
} from './netlink.ts';

// From <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h> and <linux/veth.h>.
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const IFF_UP = 1;
const AF_INET = 2;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;

export interface Link {
  index: number;
  name: string;
  mac: string;
  mtu: number;
  up: boolean;
  /** Index of the bridge that it is a port of, 0 for none. */
  master: number;
}

/** An IPv4 range as bytes of its first address and prefix length; prefix length 0 is the default route. */
export interface Range {
  address: Buffer;
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

/** Links, addresses and routes of one network namespace: the one of the thread that makes the object. */
export class RouteSocket implements Disposable {
  readonly #socket = new NetlinkSocket('route');

  links(): Link[] {
    return this.#request('list links', RTM_GETLINK, NLM_F_DUMP, linkHeader({})).map(parseLink);
  }

  /** Undefined where there is no such link. */
  link(name: string): Link | undefined {
    const payload = Buffer.concat([linkHeader({}), attribute(IFLA_IFNAME, name)]);
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
      linkHeader({}),
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

  setUp(index: number): void {
    this.#request(`set link ${index} up`, RTM_NEWLINK, 0, linkHeader({ index, up: true }));
  }

  setMaster(index: number, bridge: number): void {
    const payload = Buffer.concat([linkHeader({ index, up: true }), attribute(IFLA_MASTER, uint32(bridge))]);
    this.#request(`make link ${index} a port of ${bridge}`, RTM_NEWLINK, 0, payload);
  }

  /** @throws ENODEV where there is none. */
  deleteLink(index: number): void {
    this.#request(`delete link ${index}`, RTM_DELLINK, 0, linkHeader({ index }));
  }

  /** @throws EEXIST where the link has it. */
  addAddress(index: number, address: string, prefixLength: number): void {
    const header = Buffer.alloc(8);
    header.writeUInt8(AF_INET, 0);
    header.writeUInt8(prefixLength, 1);
    header.writeUInt32LE(index, 4);
    this.#request(
      `add address ${address}/${prefixLength}`,
      RTM_NEWADDR,
      NLM_F_CREATE | NLM_F_EXCL,
      Buffer.concat([
        header,
        attribute(IFA_LOCAL, addressBytes(address)),
        attribute(IFA_ADDRESS, addressBytes(address)),
      ]),
    );
  }

  addDefaultRoute(index: number, gateway: string): void {
    const header = Buffer.from([AF_INET, 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, 0, RTN_UNICAST, 0, 0, 0, 0]);
    this.#request(
      `add default route by ${gateway}`,
      RTM_NEWROUTE,
      NLM_F_CREATE | NLM_F_EXCL,
      Buffer.concat([
        header,
        attribute(RTA_GATEWAY, addressBytes(gateway)),
        attribute(RTA_OIF, uint32(index)),
      ]),
    );
  }

  /** Every IPv4 address of this namespace, with the range that it opens. */
  addresses(): Range[] {
    const header = Buffer.alloc(8);
    header.writeUInt8(AF_INET, 0);
    return this.#request('list addresses', RTM_GETADDR, NLM_F_DUMP, header).map((payload) => ({
      address: parseAttributes(payload, 8).get(IFA_ADDRESS) ?? Buffer.alloc(4),
      prefixLength: payload.readUInt8(1),
      link: payload.readUInt32LE(4),
    }));
  }

  /** Every IPv4 route to other machines, of all tables: those of VPNs are often not in the main one. */
  routes(): Range[] {
    const header = Buffer.alloc(12);
    header.writeUInt8(AF_INET, 0);
    const answers = this.#request('list routes', RTM_GETROUTE, NLM_F_DUMP, header);
    return answers
      .filter((payload) => payload.readUInt8(7) === RTN_UNICAST)
      .map((payload) => {
        const attributes = parseAttributes(payload, 12);
        return {
          address: attributes.get(RTA_DST) ?? Buffer.alloc(4),
          prefixLength: payload.readUInt8(1),
          link: attributes.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
        };
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

/** struct ifinfomsg */
function linkHeader({ index = 0, up = false }: { index?: number; up?: boolean }): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

function parseLink(payload: Buffer): Link {
  const attributes = parseAttributes(payload, 16);
  return {
    index: payload.readInt32LE(4),
    up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
    name: (attributes.get(IFLA_IFNAME)?.toString() ?? '').replace(/\0.*$/, ''),
    mac: [...(attributes.get(IFLA_ADDRESS) ?? [])]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(':'),
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    master: attributes.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
  };
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
