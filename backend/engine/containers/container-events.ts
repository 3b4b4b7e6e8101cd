import type { EngineContext } from '../context.ts';
import type { Container } from './container.ts';

/** Tells the world what happened to a container, with the attributes that Docker gives: its labels, image and name. */
export function emitContainer(
  { events }: Pick<EngineContext, 'events'>,
  action: string,
  container: Container,
  attributes: Record<string, string> = {},
): void {
  const { config, id, name } = container;
  events.emit('container', action, id, { ...config.labels, image: config.image, name, ...attributes });
}
