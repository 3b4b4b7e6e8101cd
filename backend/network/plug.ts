import type { CleanupStack } from '../base/cleanup-stack.ts';
import { startResolver } from './dns/start-resolver.ts';
import type { NetworkContext } from './network-context.ts';
import type { Member } from './network-records.ts';
import { plugOf } from './plan-endpoint.ts';
import type { LiveSandbox } from './sandboxes.ts';
import { routesOf } from './way-out.ts';

/** Interfaces, routes and, where the record wants one that does not answer yet, the resolver. What is there already stays. */
export async function plug(
  context: NetworkContext,
  live: LiveSandbox,
  members: readonly Member[],
  undo: CleanupStack,
): Promise<void> {
  const { members: all, netnsPath, resolverPort } = live.record;
  const plugs = members.flatMap((member) => plugOf(context, member) ?? []);
  if (plugs.length === 0 || netnsPath === null) return;
  undo.defer(() => context.reclaim.soon());
  const sockets = await context.kernel.call('setUp', {
    namespace: netnsPath,
    plugs,
    routes: routesOf(context, all),
    resolverPort: live.resolver ? null : resolverPort,
  });
  if (!sockets) return;
  undo.defer(() => {
    live.resolver?.close();
    live.resolver = null;
  });
  startResolver(context, live, sockets);
  context.sandboxes.save(live);
}

/** Takes one interface away, and leads the way out through the rest. */
export async function unplug(
  context: NetworkContext,
  { record: { netnsPath } }: LiveSandbox,
  member: Member,
  rest: readonly Member[],
): Promise<void> {
  const wanted = plugOf(context, member);
  if (!wanted || netnsPath === null) return;
  await context.kernel.call('unplug', {
    namespace: netnsPath,
    veth: wanted.to.kind === 'bridge' ? wanted.veth : null,
    ifname: wanted.ifname,
    routes: routesOf(context, rest),
  });
}
