import type { NetworkContext } from './network-context.ts';
import { isUserDefined } from './known-networks.ts';
import type { Member } from './network-records.ts';
import type { Sandbox } from './networks.ts';
import { toSandbox } from './sandboxes.ts';

/** The container is found under other names from now on. @param names by network id */
export function rename(
  context: NetworkContext,
  sandbox: Sandbox,
  names: Readonly<Record<string, readonly string[]>>,
): Promise<Sandbox> {
  return context.locks.run(sandbox.sandboxId, async () => {
    const live = context.sandboxes.find(sandbox.sandboxId);
    const members = live.record.members.map((member) => renamed(context, member, names));
    live.record = { ...live.record, members };
    context.sandboxes.save(live);
    for (const { endpoint } of members) context.names.put(endpoint.networkId, endpoint);
    return toSandbox(live.record);
  });
}

function renamed(
  { networks }: NetworkContext,
  member: Member,
  names: Readonly<Record<string, readonly string[]>>,
): Member {
  const { endpoint } = member;
  const network = networks.byId(endpoint.networkId);
  const dnsNames = names[endpoint.networkId];
  if (!dnsNames || !network || !isUserDefined(network.record)) return member;
  return { ...member, endpoint: { ...endpoint, dnsNames: [...dnsNames] } };
}
