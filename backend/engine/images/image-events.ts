import type { ImageStore } from '../../image/image-store.ts';
import type { EventLog } from '../events/event-log.ts';
import type { ImageContext } from './image-context.ts';

/** Tells the world what happened to images, with the labels of those that are still there, as Docker does. */
export function imageEvents(images: Pick<ImageStore, 'resolve'>, events: EventLog): ImageContext['emit'] {
  return ({ type, action, id, attributes }) =>
    events.emit(type, action, id, { ...labelsOf(images, id), ...attributes });
}

function labelsOf(images: Pick<ImageStore, 'resolve'>, nameOrId: string): Record<string, string> {
  try {
    return { ...images.resolve(nameOrId).config.config?.Labels };
  } catch {
    // Deleted, or an event of no single image.
    return {};
  }
}
