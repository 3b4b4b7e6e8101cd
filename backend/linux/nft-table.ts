import { isErrno } from '../base/errors.ts';
import { attribute, NetlinkSocket } from './netlink.ts';

const NFT_MSG_GETTABLE = (10 << 8) | 1;
const NFPROTO_IPV4 = 2;
const NFTA_TABLE_NAME = 1;

/** Whether nftables has this IPv4 table. Asked by netlink: a spawned `nft` costs a hundred times as much. */
export function hasNftTable(name: string): boolean {
  using socket = new NetlinkSocket('netfilter');
  const payload = Buffer.concat([Buffer.from([NFPROTO_IPV4, 0, 0, 0]), attribute(NFTA_TABLE_NAME, name)]);
  try {
    socket.request({ what: `look for nft table ${name}`, type: NFT_MSG_GETTABLE, payload });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
