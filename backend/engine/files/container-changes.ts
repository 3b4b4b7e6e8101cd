import { containerStack } from '../containers/container-stack.ts';
import { stackOfContainer, type Stack } from '../layers/layer-stack.ts';
import type { FilesContext } from './files-context.ts';
import { writableChanges, type WritableChange } from './writable-changes.ts';

/** What a container changed in its root file system; what is mounted there is not asked. @throws not-found */
export async function containerChanges(files: FilesContext, reference: string): Promise<WritableChange[]> {
  const stack = await containerLayers(files, reference);
  return writableChanges(await stack.indexes());
}

/** The layers of a container with the writable one on top. */
export function containerLayers({ engine, images }: FilesContext, reference: string): Promise<Stack> {
  return stackOfContainer(images, (name) => containerStack(engine, name), reference);
}
