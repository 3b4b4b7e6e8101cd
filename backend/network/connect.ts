import { CleanupStack } from '../base/cleanup-stack.ts';
import { forbidden } from '../base/errors.ts';
import { ensureLinks, needsResolver } from './attach.ts';
import type { NetworkContext } from './network-context.ts';
import type { SandboxRecord } from './network-records.ts';
import type { EndpointRequest, Sandbox } from './networks.ts';
import { planMember } from './plan-endpoint.ts';
import { plug, unplug } from './plug.ts';
import { rearrange } from './publish.ts';
import { toSandbox, type LiveSandbox } from './sandboxes.ts';

/** @throws not-found, forbidden where it is in the network already or cannot be, as for `attach` */
export function connect(
  context: NetworkContext,
  sandbox: Sandbox,
  request: EndpointRequest,
): Promise<Sandbox> {
  return context.locks.run(sandbox.sandboxId, async () => {
    const live = context.sandboxes.find(sandbox.sandboxId);
    const network = context.networks.get(request.network).record;
    if (live.record.members.some(({ endpoint }) => endpoint.networkId === network.id))
      throw forbidden(
        `endpoint with name ${live.record.containerId} already exists in network ${network.name}`,
      );
    await ensureLinks(context, [network]);
    await join(context, live, request);
    return toSandbox(live.record);
  });
}

async function join(context: NetworkContext, live: LiveSandbox, request: EndpointRequest): Promise<void> {
  await using undo = new CleanupStack();
  const before = live.record;
  const member = planMember(context, request, before.members, undo);
  const members = [...before.members, member];
  live.record = { ...before, members, resolverPort: resolverPort(context, before, members) };
  // Runs after the record is what it was, because that is what it goes by.
  undo.defer(() => rearrange(context, live));
  undo.defer(() => {
    live.record = before;
    context.sandboxes.save(live);
  });
  context.step('connect: record');
  context.sandboxes.save(live);
  context.step('connect: plug');
  undo.defer(() => unplug(context, live, member, before.members));
  await plug(context, live, [member], undo);
  context.step('connect: rules');
  await rearrange(context, live);
  context.names.put(member.endpoint.networkId, member.endpoint);
  context.step('connect: done');
  undo.release();
}

/** One that has begun to answer goes on. */
function resolverPort(
  context: NetworkContext,
  { resolverPort: port }: SandboxRecord,
  members: SandboxRecord['members'],
): number | null {
  return port ?? (needsResolver(context, members) ? 0 : null);
}
