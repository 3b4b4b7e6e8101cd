import { ipBytes, parseIp } from '../../base/ip.ts';
import { forgetUdpFlows } from '../../linux/conntrack.ts';
import { concatenated, portBytes, type NftElement, type NftTable } from '../../linux/nft-messages.ts';
import { NftSocket } from '../../linux/nft-table.ts';
import type { Translation } from '../firewall/translations.ts';

// Of the host's namespace, like the socket for links.
const nft = new NftSocket();

export function hasTable(table: NftTable): boolean {
  return nft.has(table);
}

export interface TranslationChange {
  table: NftTable;
  remove: readonly Translation[];
  add: readonly Translation[];
}

/** One transaction. @throws ENOENT, EEXIST where the table is not as it was left */
export function changeTranslations({ table, remove, add }: TranslationChange): void {
  nft.change(table, { remove: remove.map(elementOf), add: add.map(elementOf) });
}

export function forgetFlows(ports: readonly number[]): number {
  return forgetUdpFlows(ports);
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;

/** As the maps of rule-text.ts are declared. */
function elementOf({ set, protocol, hostAddress, hostPort, address, port }: Translation): NftElement {
  const service = [Buffer.from([PROTOCOLS[protocol]]), portBytes(hostPort)];
  const host = hostAddress === null ? [] : [ipBytes(parseIp(hostAddress))];
  return {
    set,
    key: concatenated(...host, ...service),
    value: concatenated(ipBytes(parseIp(address)), portBytes(port)),
  };
}
