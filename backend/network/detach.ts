import { CleanupStack } from '../base/cleanup-stack.ts';
import type { NetworkContext } from './network-context.ts';
import type { Sandbox } from './networks.ts';
import { releaseAddresses } from './plan-endpoint.ts';
import type { LiveSandbox } from './sandboxes.ts';

type Detachable = Pick<Sandbox, 'sandboxId' | 'netnsPath'>;

/** Takes away what `attach` gave. Idempotent; every step is tried, and what failed is thrown at the end. */
export function detach(context: NetworkContext, sandbox: Detachable): Promise<void> {
  return context.locks.run(sandbox.sandboxId, () => takeAway(context, sandbox));
}

async function takeAway(context: NetworkContext, { sandboxId, netnsPath }: Detachable): Promise<void> {
  const live = context.sandboxes.get(sandboxId);
  context.step('detach: record');
  // The rules are made from the records: without this one they no longer lead to it.
  context.sandboxes.delete(sandboxId);
  // The last one deferred runs first.
  await using steps = new CleanupStack();
  steps.defer(() => context.reclaim.soon());
  if (live) steps.defer(() => withdraw(context, live));
  if (netnsPath !== null) steps.defer(() => context.kernel.call('removeNamespace', netnsPath));
  steps.defer(() => context.step('detach: namespace'));
  if (live) steps.defer(() => silence(context, live));
}

/** What this process answers for it. */
async function silence(
  { names }: NetworkContext,
  { record, resolver, openPorts }: LiveSandbox,
): Promise<void> {
  for (const { endpoint } of record.members) names.remove(endpoint.endpointId);
  resolver?.close();
  await openPorts?.close();
}

async function withdraw(context: NetworkContext, { record, translations }: LiveSandbox): Promise<void> {
  context.step('detach: rules');
  try {
    await context.firewall.change(translations, []);
  } finally {
    for (const member of record.members) releaseAddresses(context, member);
  }
}
