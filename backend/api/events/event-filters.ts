import type { EngineEvent } from '../../engine/events/event-log.ts';
import { hasLabel } from '../containers/has-label.ts';
import type { Filters } from '../wire/query.ts';

/** Kinds of object that a filter names by id or name, the beginning of either being enough. */
const KINDS = ['container', 'volume', 'network', 'daemon', 'plugin', 'service', 'node', 'secret', 'config'];
export const EVENT_FILTERS = [...KINDS, 'event', 'image', 'label', 'type', 'scope'];

/** Actions that carry a command or a state after a colon, and are asked for without. */
const OPEN_ENDED = ['exec_create', 'exec_start', 'health_status'];

/** All filters have to fit; labels each of them, of other filters one value. */
export function eventMatcher(filters: Filters): (event: EngineEvent) => boolean {
  const tests = [...filters].filter(([, values]) => values.length > 0);
  return (event) =>
    tests.every(([name, values]) => {
      const fits = (value: string): boolean => matches(event, name, value);
      return name === 'label' ? values.every(fits) : values.some(fits);
    });
}

function matches({ type, action, actor }: EngineEvent, name: string, value: string): boolean {
  const { id, attributes } = actor;
  if (name === 'type') return type === value;
  if (name === 'event')
    return action === value || (OPEN_ENDED.includes(value) && action.startsWith(`${value}:`));
  if (name === 'label') return hasLabel(attributes, value);
  if (name === 'scope') return value === 'local';
  if (name === 'image')
    return namesImage(type === 'image' ? attributes['name'] : attributes['image'], id, value);
  return type === name && (id.startsWith(value) || (attributes['name'] ?? '').startsWith(value));
}

/** With or without its tag: `busybox` stands for all of them. */
function namesImage(image: string | undefined, id: string, value: string): boolean {
  return [image, id].some((name) => name !== undefined && (name === value || withoutTag(name) === value));
}

const withoutTag = (name: string): string => name.replace(/(?::[^:/@]+)?(?:@.*)?$/, '');
