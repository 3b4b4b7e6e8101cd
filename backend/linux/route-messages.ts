import { ipBytes, parseIp } from '../base/ip.ts';
import { attribute, parseAttributes, uint32 } from './netlink.ts';

// From <linux/if_link.h>, <linux/if_addr.h>, <linux/rtnetlink.h> and <linux/veth.h>.
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_LINK = 5;
export const IFLA_MASTER = 10;
export const IFLA_PROTINFO = 12 | 0x8000;
export const IFLA_LINKINFO = 18;
const IFLA_STATS64 = 23;
export const IFLA_NET_NS_FD = 28;
export const IFLA_INFO_KIND = 1;
export const IFLA_INFO_DATA = 2;
export const IFLA_BRPORT_ISOLATED = 33;
export const IFLA_VLAN_ID = 1;
export const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 2;
export const RTA_DST = 1;
export const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const IFF_UP = 1;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
export const RTN_UNICAST = 1;
export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;

export interface Link {
  index: number;
  name: string;
  mac: string;
  mtu: number;
  up: boolean;
  /** Index of the bridge that it is a port of, 0 for none. */
  master: number;
  stats: LinkStats;
}

export interface LinkStats {
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}

/** struct ifinfomsg */
export function linkHeader({ index = 0, up = false, family = 0 } = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt8(family, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

export function parseLink(payload: Buffer): Link {
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
    stats: parseStats(attributes.get(IFLA_STATS64) ?? Buffer.alloc(64)),
  };
}

/** struct rtnl_link_stats64 begins with these eight. */
function parseStats(bytes: Buffer): LinkStats {
  const at = (index: number): number => Number(bytes.readBigUInt64LE(index * 8));
  return {
    rxPackets: at(0),
    txPackets: at(1),
    rxBytes: at(2),
    txBytes: at(3),
    rxErrors: at(4),
    txErrors: at(5),
    rxDropped: at(6),
    txDropped: at(7),
  };
}

/** struct ifaddrmsg with the address. IPv6 without duplicate detection: it would hold the address back for a second. */
export function addressMessage(index: number, address: string, prefixLength: number): Buffer {
  const ip = parseIp(address);
  const bytes = ipBytes(ip);
  const header = Buffer.alloc(8);
  header.writeUInt8(familyOf(address), 0);
  header.writeUInt8(prefixLength, 1);
  header.writeUInt32LE(index, 4);
  return Buffer.concat([
    header,
    attribute(IFA_LOCAL, bytes),
    attribute(IFA_ADDRESS, bytes),
    ...(ip.family === 6 ? [attribute(IFA_FLAGS, uint32(IFA_F_NODAD))] : []),
  ]);
}

const NO_RANGES = [0, 0, 0];
const NO_FLAGS = [0, 0, 0, 0];

/** struct rtmsg of the default route of one family; without a gateway it names the family alone or the interface. */
export function defaultRouteMessage(family: 4 | 6, gateway: string | null, index: number | null): Buffer {
  const header = Buffer.from([
    family === 4 ? AF_INET : AF_INET6,
    ...NO_RANGES,
    RT_TABLE_MAIN,
    RTPROT_BOOT,
    0,
    RTN_UNICAST,
    ...NO_FLAGS,
  ]);
  return Buffer.concat([
    header,
    ...(gateway === null ? [] : [attribute(RTA_GATEWAY, ipBytes(parseIp(gateway)))]),
    ...(index === null ? [] : [attribute(RTA_OIF, uint32(index))]),
  ]);
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function familyOf(address: string): number {
  return address.includes(':') ? AF_INET6 : AF_INET;
}
