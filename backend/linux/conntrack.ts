import { isErrno } from '../base/errors.ts';
import { attribute, NetlinkSocket, NLM_F_DUMP, parseAttributes } from './netlink.ts';

// From <linux/netfilter/nfnetlink_conntrack.h>. Messages bear the subsystem's number (1) in their upper byte.
const IPCTNL_MSG_CT_GET = (1 << 8) | 1;
const IPCTNL_MSG_CT_DELETE = (1 << 8) | 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_DST_PORT = 3;
const NESTED = 0x8000;
const IPPROTO_UDP = 17;
const AF_INET = 2;
const AF_INET6 = 10;

/**
 * Forgets the flows of datagrams that were sent to these ports. A flow remembers where its first datagram was
 * led to, for as long as the client goes on sending: it would not notice that a port was published or withdrawn.
 * @returns how many
 */
export function forgetUdpFlows(ports: readonly number[]): number {
  const wanted = new Set(ports);
  using socket = new NetlinkSocket('netfilter');
  let forgotten = 0;
  for (const family of [AF_INET, AF_INET6]) {
    const header = Buffer.from([family, 0, 0, 0]);
    const flows = socket.request({
      what: 'list flows',
      type: IPCTNL_MSG_CT_GET,
      flags: NLM_F_DUMP,
      payload: header,
    });
    for (const flow of flows) {
      const tuple = parseAttributes(flow, 4).get(CTA_TUPLE_ORIG);
      if (!tuple || !leadsTo(tuple, wanted)) continue;
      forgotten += forget(socket, header, tuple) ? 1 : 0;
    }
  }
  return forgotten;
}

function leadsTo(tuple: Buffer, ports: ReadonlySet<number>): boolean {
  const protocol = parseAttributes(parseAttributes(tuple, 0).get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0), 0);
  const port = protocol.get(CTA_PROTO_DST_PORT)?.readUInt16BE(0) ?? 0;
  return protocol.get(CTA_PROTO_NUM)?.readUInt8(0) === IPPROTO_UDP && ports.has(port);
}

function forget(socket: NetlinkSocket, header: Buffer, tuple: Buffer): boolean {
  const payload = Buffer.concat([header, attribute(CTA_TUPLE_ORIG | NESTED, tuple)]);
  try {
    socket.request({ what: 'forget a flow', type: IPCTNL_MSG_CT_DELETE, payload });
    return true;
  } catch (error) {
    // It ended meanwhile.
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
