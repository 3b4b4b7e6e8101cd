import { codeOf, invalidArgument, messageOf, notFound, StrataError } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { checkedName } from './container-name.ts';
import type { Container } from './container.ts';
import { emitContainer } from './container-events.ts';
import { dnsNames, NOTHING_SPECIAL, toSandboxRecord } from './sandbox.ts';

/** @throws conflict when the name is taken */
export async function renameContainer(
  context: EngineContext,
  reference: string,
  name: string,
): Promise<void> {
  const container = context.containers.resolve(reference);
  if (name === '') throw invalidArgument('Neither old nor new names may be empty');
  await context.locks.run(container.id, async () => {
    if (context.containers.get(container.id) !== container) throw notFound(`No such container: ${reference}`);
    if (checkedName(name) === container.name)
      throw invalidArgument('Renaming a container with the same name as its current name');
    const oldName = `/${container.name}`;
    takeName(context, container, name);
    await renameInNetworks(context, container);
    emitContainer(context, 'rename', container, { oldName });
  });
}

function takeName({ containers }: EngineContext, container: Container, name: string): void {
  try {
    containers.rename(container, checkedName(name));
  } catch (error) {
    throw new StrataError(codeOf(error), `Error when allocating new name: ${messageOf(error)}`, error);
  }
}

/** A running container answers to its new name at once. */
async function renameInNetworks(
  { networks, containers }: EngineContext,
  container: Container,
): Promise<void> {
  if (!container.sandbox) return;
  const names = container.sandbox.endpoints.map(({ networkId, networkName }) => [
    networkId,
    dnsNames(container, networkName, container.networks[networkName] ?? NOTHING_SPECIAL),
  ]);
  const sandbox = await networks.rename(container.sandbox, Object.fromEntries(names));
  container.sandbox = toSandboxRecord(sandbox);
  containers.save(container);
}
