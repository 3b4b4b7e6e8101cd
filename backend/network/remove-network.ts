import { conflict, forbidden } from '../base/errors.ts';
import { isPredefined } from './known-networks.ts';
import type { NetworkContext } from './network-context.ts';
import type { NetworkRecord } from './networks.ts';

/** @throws not-found, forbidden for a predefined one, conflict while a container is in it */
export function removeNetwork(context: NetworkContext, nameOrId: string): Promise<void> {
  return context.locks.run('networks', async () => {
    const { record } = context.networks.get(nameOrId);
    const { name, madeLink } = record;
    if (isPredefined(name)) throw forbidden(`${name} is a pre-defined network and cannot be removed`);
    refuseUsed(context, record);
    if (madeLink !== undefined) {
      // Before the record: nothing but the record tells that this link is ours.
      context.step('remove: parent');
      await context.kernel.call('deleteLinks', [madeLink]);
    }
    // Between this question and the removal nothing waits, so that nobody can join in between.
    refuseUsed(context, record);
    context.step('remove: record');
    context.networks.delete(record);
    context.step('remove: link');
    await removeLink(context, record);
    context.step('remove: rules');
    if (await context.firewall.present()) await context.firewall.apply();
  });
}

function refuseUsed({ sandboxes }: NetworkContext, { id, name }: NetworkRecord): void {
  if (sandboxes.inNetwork(id).length > 0) throw conflict(`network ${name} has active endpoints`);
}

/** What was made on the host for the network. */
export async function removeLink({ kernel, bridges }: NetworkContext, record: NetworkRecord): Promise<void> {
  if (record.bridge !== null) await kernel.call('deleteBridge', record.bridge, bridges.macOf(record));
  if (record.madeLink !== undefined) await kernel.call('deleteLinks', [record.madeLink]);
}
