import type { LinkStats } from '../linux/route-messages.ts';
import type { NetworkContext } from './network-context.ts';
import type { InterfaceCounters, Sandbox } from './networks.ts';
import { plugOf } from './plan-endpoint.ts';
import type { PlugRequest } from './kernel/namespace-calls.ts';

/** By the name that the container knows its interface by. */
export async function counters(
  context: NetworkContext,
  { sandboxId, netnsPath }: Sandbox,
): Promise<Record<string, InterfaceCounters>> {
  const members = context.sandboxes.get(sandboxId)?.record.members ?? [];
  const plugs = members.flatMap((member) => plugOf(context, member) ?? []);
  const outside = plugs.filter(({ to }) => to.kind === 'bridge');
  const inside = plugs.filter(({ to }) => to.kind !== 'bridge');
  return { ...(await fromHost(context, outside)), ...(await fromInside(context, netnsPath, inside)) };
}

async function fromHost({ kernel }: NetworkContext, plugs: readonly PlugRequest[]) {
  if (plugs.length === 0) return {};
  const stats = await kernel.call(
    'hostStats',
    plugs.map(({ veth }) => veth),
  );
  return Object.fromEntries(
    plugs.flatMap(({ veth, ifname }) => {
      const seen = stats[veth];
      return seen ? [[ifname, fromTheOtherEnd(seen)]] : [];
    }),
  );
}

function fromTheOtherEnd(seen: LinkStats): InterfaceCounters {
  return {
    rxBytes: seen.txBytes,
    rxPackets: seen.txPackets,
    rxErrors: seen.txErrors,
    rxDropped: seen.txDropped,
    txBytes: seen.rxBytes,
    txPackets: seen.rxPackets,
    txErrors: seen.rxErrors,
    txDropped: seen.rxDropped,
  };
}

async function fromInside(
  { kernel }: NetworkContext,
  namespace: string | null,
  plugs: readonly PlugRequest[],
) {
  if (plugs.length === 0 || namespace === null) return {};
  return kernel.call('insideStats', { namespace, names: plugs.map(({ ifname }) => ifname) });
}
