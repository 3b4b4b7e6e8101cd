import { formatIp, ipBytes, ipOfBytes, parseIp } from '../../base/ip.ts';
import type { SandboxRecord } from '../network-records.ts';
import { findAddress, findName, type NameSources } from './find-name.ts';
import { encodeName, TYPE, type Answer, type Query } from './packet.ts';

/** What is known here, which may be that there is nothing of this type; undefined for what others may know. */
export function answer(
  sources: NameSources,
  record: SandboxRecord,
  { name, type }: Query,
): readonly Answer[] | undefined {
  if (name.endsWith('.arpa')) return answerReverse(sources, record, name, type);
  // Any type but these two has no records at all, in either family.
  const addresses = findName(sources, record, name, type === TYPE.AAAA ? 6 : 4);
  if (type !== TYPE.A && type !== TYPE.AAAA) return addresses && [];
  return addresses?.map((address) => ({ type, data: ipBytes(parseIp(address)) }));
}

function answerReverse(
  sources: NameSources,
  record: SandboxRecord,
  name: string,
  type: number,
): readonly Answer[] | undefined {
  const address = addressOf(name);
  const found = address === undefined ? undefined : findAddress(sources, record, address);
  if (found === undefined) return undefined;
  const data = type === TYPE.PTR ? encodeName(found) : undefined;
  return data ? [{ type, data }] : [];
}

/** The address that a name in one of the two reverse zones stands for, RFC 1035 3.5 and RFC 3596 2.5. */
function addressOf(name: string): string | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (v4 !== undefined) {
    const bytes = v4.split('.', 4).map(Number).toReversed();
    return bytes.every((byte) => byte < 256) ? bytes.join('.') : undefined;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (v6 === undefined) return undefined;
  return formatIp(ipOfBytes(Buffer.from(v6.split('.', 32).toReversed().join(''), 'hex')));
}
