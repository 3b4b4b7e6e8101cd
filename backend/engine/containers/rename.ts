import { invalidArgument, notFound } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import { checkedName } from './container-name.ts';
import { emitContainer } from './container-events.ts';

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
    context.containers.rename(container, checkedName(name));
    emitContainer(context, 'rename', container, { oldName });
  });
}
