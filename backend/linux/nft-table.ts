import { isErrno } from '../base/errors.ts';
import { attribute, NetlinkSocket } from './netlink.ts';
import {
  addElements,
  deleteElements,
  familyHeader,
  NFT_MSG_GETTABLE,
  NFTA_TABLE_NAME,
  type NftElement,
  type NftMessage,
  type NftTable,
} from './nft-messages.ts';

/**
 * nftables of one network namespace by netlink: a spawned `nft` costs 10 ms and this a tenth of one. Kept open,
 * because the kernel frees removed rules before it lets a socket of nftables be closed.
 */
export class NftSocket implements Disposable {
  readonly #socket = new NetlinkSocket('netfilter');

  has({ family, name }: NftTable): boolean {
    const payload = Buffer.concat([familyHeader(family), attribute(NFTA_TABLE_NAME, name)]);
    try {
      this.#socket.request({ what: `look for nft table ${name}`, type: NFT_MSG_GETTABLE, payload });
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** One transaction. @throws SyscallError */
  apply(what: string, messages: readonly NftMessage[]): void {
    if (messages.length > 0) this.#socket.batch(what, messages);
  }

  /** Removes and adds in one transaction. @throws ENOENT, EEXIST, when the sets are not as they were left */
  change(
    table: NftTable,
    { remove, add }: { remove: readonly NftElement[]; add: readonly NftElement[] },
  ): void {
    this.apply(`change the elements of nft table ${table.name}`, [
      ...deleteElements(table, remove),
      ...addElements(table, add),
    ]);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
