import type { EngineEvent, EventLog } from '../../engine/events/event-log.ts';
import type { Route } from '../route.ts';
import { eventLine } from '../wire/event.ts';
import { parseFilters, type Filters } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';

const FILTERS = [
  'container',
  'event',
  'image',
  'label',
  'type',
  'volume',
  'network',
  'daemon',
  'scope',
  'node',
  'plugin',
  'service',
  'secret',
  'config',
];
const EVER = 2n ** 63n;
/** What a timer of Node can hold; `until` may lie further away. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Bytes that may wait for a client that does not read. */
const PATIENCE = 8 * 1024 * 1024;

export const eventsRoute = (events: EventLog): Route => ({
  method: 'GET',
  path: '/events',
  handle: async ({ query, signal }, response) => {
    const filters = parseFilters(query, FILTERS);
    const now = Date.now();
    const until = query.get('until') ? parseTimestamp(query.get('until') ?? '', now) : EVER;
    const past = query.get('since')
      ? events.between(parseTimestamp(query.get('since') ?? '', now), until)
      : [];
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const tell = (event: EngineEvent): void => {
      if (event.time > until || !matches(event, filters)) return;
      if (response.writableLength > PATIENCE) response.destroy();
      else response.write(eventLine(event));
    };
    // Between reading the past and listening nothing else runs, so that no event falls between the two.
    past.forEach(tell);
    const end = events.subscribe(tell);
    await endOfSpan(until, now, signal);
    end();
    response.end();
    return undefined;
  },
});

function endOfSpan(until: bigint, now: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve());
    const left = Number(until / 1_000_000n) - now;
    if (left > LONGEST_TIMER) return;
    const timer = setTimeout(resolve, Math.max(0, left));
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

function matches({ type, action, actor }: EngineEvent, filters: Filters): boolean {
  const { id, attributes } = actor;
  const fits = (name: string, value: string): boolean => {
    if (name === 'type') return type === value;
    if (name === 'event') return action === value || action.startsWith(`${value}:`);
    if (name === 'label')
      return value.includes('=')
        ? attributes[value.split('=', 1)[0] ?? ''] === value.slice(value.indexOf('=') + 1)
        : value in attributes;
    if (name === 'scope') return value === 'local';
    if (name === 'image' && type === 'container') return attributes['image'] === value;
    return type === name && (id === value || id.startsWith(value) || attributes['name'] === value);
  };
  return [...filters].every(([name, values]) =>
    name === 'label' ? values.every((value) => fits(name, value)) : values.some((value) => fits(name, value)),
  );
}
