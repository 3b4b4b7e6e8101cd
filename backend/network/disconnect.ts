import { notFound } from '../base/errors.ts';
import type { NetworkContext } from './network-context.ts';
import type { Member } from './network-records.ts';
import type { Sandbox } from './networks.ts';
import { releaseAddresses } from './plan-endpoint.ts';
import { unplug } from './plug.ts';
import { rearrange } from './publish.ts';
import { toSandbox, type LiveSandbox } from './sandboxes.ts';

/** @throws not-found where the container is not in the network */
export function disconnect(context: NetworkContext, sandbox: Sandbox, network: string): Promise<Sandbox> {
  return context.locks.run(sandbox.sandboxId, async () => {
    const live = context.sandboxes.find(sandbox.sandboxId);
    const { id, name } = context.networks.get(network).record;
    const member = live.record.members.find(({ endpoint }) => endpoint.networkId === id);
    if (!member) throw notFound(`container ${live.record.containerId} is not connected to network ${name}`);
    await leave(context, live, member);
    return toSandbox(live.record);
  });
}

/** The kernel's part first: a daemon that is killed in between finds the member in its record and plugs it in again. */
async function leave(context: NetworkContext, live: LiveSandbox, member: Member): Promise<void> {
  const members = live.record.members.filter((one) => one !== member);
  context.step('disconnect: unplug');
  await unplug(context, live, member, members);
  context.step('disconnect: record');
  live.record = { ...live.record, members };
  context.sandboxes.save(live);
  context.names.remove(member.endpoint.endpointId);
  context.step('disconnect: rules');
  await rearrange(context, live);
  releaseAddresses(context, member);
  context.step('disconnect: done');
}
