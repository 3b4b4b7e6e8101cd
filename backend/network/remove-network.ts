import { conflict, forbidden } from '../base/errors.ts';
import { isPredefined } from './known-networks.ts';
import type { NetworkContext } from './network-context.ts';

/** @throws not-found, forbidden for a predefined one, conflict while a container is in it */
export function removeNetwork(context: NetworkContext, nameOrId: string): Promise<void> {
  return context.locks.run('networks', async () => {
    const { record } = context.networks.get(nameOrId);
    const { id, name, bridge } = record;
    if (isPredefined(name)) throw forbidden(`${name} is a pre-defined network and cannot be removed`);
    // Between this question and the removal nothing waits, so that nobody can join in between.
    if (context.sandboxes.inNetwork(id).length > 0) throw conflict(`network ${name} has active endpoints`);
    context.step('remove: record');
    context.networks.delete(record);
    context.step('remove: link');
    if (bridge !== null) await context.kernel.call('deleteBridge', bridge, context.bridges.macOf(record));
    context.step('remove: rules');
    if (await context.firewall.present()) await context.firewall.apply();
  });
}
