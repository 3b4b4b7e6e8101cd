import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CleanupStack } from '../base/cleanup-stack.ts';
import { messageOf } from '../base/errors.ts';
import { adopt } from './adopt.ts';
import { ensureLinks, needsResolver } from './attach.ts';
import { detach } from './detach.ts';
import type { NetworkContext } from './network-context.ts';
import type { PortMapping, Sandbox } from './networks.ts';
import { reserveAddresses } from './plan-endpoint.ts';
import { plug, unplug } from './plug.ts';
import { listen, retranslate } from './publish.ts';
import { toSandbox, type LiveSandbox } from './sandboxes.ts';

/** After a restart: brings back what the sandboxes need, and removes what none of them owns. */
export async function recover(
  context: NetworkContext,
  sandboxes: readonly { containerId: string; sandbox: Sandbox }[],
): Promise<Sandbox[]> {
  for (const { containerId, sandbox } of sandboxes) {
    adopt(context, containerId, sandbox);
    await withdrawJoins(context, sandbox);
  }
  await removeOwnerless(context, new Set(sandboxes.map(({ sandbox }) => sandbox.sandboxId)));
  const lives = context.sandboxes.all();
  for (const { record } of lives) {
    for (const member of record.members) {
      reserveAddresses(context, member);
      context.names.put(member.endpoint.networkId, member.endpoint);
    }
  }
  await healLinks(context, lives);
  for (const live of lives) await readopt(context, live);
  // Rules of containers that are gone must go too, but a table is not made for nobody.
  if (lives.some(({ record }) => record.netnsPath !== null) || (await context.firewall.present()))
    await context.firewall.apply();
  return lives.map(({ record }) => toSandbox(record));
}

/** A join whose daemon died before it could answer did not happen. */
async function withdrawJoins(context: NetworkContext, { sandboxId, endpoints }: Sandbox): Promise<void> {
  const known = new Set(endpoints.map(({ endpointId }) => endpointId));
  const live = context.sandboxes.find(sandboxId);
  const members = live.record.members.filter(({ endpoint }) => known.has(endpoint.endpointId));
  for (const member of live.record.members.filter((one) => !members.includes(one))) {
    try {
      await unplug(context, live, member, members);
    } catch (error) {
      const { containerId } = live.record;
      context.logger.error(
        { container: containerId, error: messageOf(error) },
        'a half-made interface is left',
      );
    }
  }
  if (members.length === live.record.members.length) return;
  live.record = { ...live.record, members };
  context.sandboxes.save(live);
}

async function removeOwnerless(context: NetworkContext, owned: ReadonlySet<string>): Promise<void> {
  const { sandboxes, namespaces, kernel, reclaim } = context;
  for (const { record } of sandboxes.all()) {
    if (!owned.has(record.sandboxId)) await detach(context, record);
  }
  for (const name of await readdir(namespaces)) {
    if (!owned.has(name)) await kernel.call('removeNamespace', join(namespaces, name));
  }
  await reclaim.now();
}

/** A network that cannot be healed must not keep the others, or the daemon, from coming back. */
async function healLinks(context: NetworkContext, lives: readonly LiveSandbox[]): Promise<void> {
  const ids = new Set(
    lives.flatMap(({ record }) => record.members.map(({ endpoint }) => endpoint.networkId)),
  );
  for (const id of ids) {
    const network = context.networks.byId(id);
    if (!network) continue;
    await ensureLinks(context, [network.record]).catch((error: unknown) => {
      context.logger.error({ network: network.record.name, error: messageOf(error) }, 'a network was lost');
    });
  }
}

async function readopt(context: NetworkContext, live: LiveSandbox): Promise<void> {
  const { record } = live;
  if (record.netnsPath === null) return;
  if (needsResolver(context, record.members)) record.resolverPort ??= 0;
  await using undo = new CleanupStack();
  try {
    await plug(context, live, record.members, undo);
    undo.release();
  } catch (error) {
    context.logger.error({ container: record.containerId, error: messageOf(error) }, 'interfaces were lost');
  }
  live.openPorts = await listenAgain(context, live);
  retranslate(live);
}

/** A port that somebody took meanwhile must not keep the others from coming back. */
async function listenAgain(context: NetworkContext, live: LiveSandbox): Promise<LiveSandbox['openPorts']> {
  const opened: PortMapping[] = [];
  const closers: (() => Promise<void>)[] = [];
  for (const port of live.record.ports) {
    try {
      const one = await listen(context, live, [port]);
      opened.push(...one.ports);
      closers.push(one.close);
    } catch (error) {
      const { containerId } = live.record;
      context.logger.error(
        { container: containerId, port, error: messageOf(error) },
        'a published port was lost',
      );
    }
  }
  if (live.record.ports.length === 0) return null;
  return { ports: opened, close: async () => void (await Promise.all(closers.map((close) => close()))) };
}
