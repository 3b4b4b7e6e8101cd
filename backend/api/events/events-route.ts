import { invalidArgument } from '../../base/errors.ts';
import type { EngineEvent, EventLog } from '../../engine/events/event-log.ts';
import type { Route } from '../route.ts';
import { eventLine } from '../wire/event.ts';
import { parseFilters } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';
import { EVENT_FILTERS, eventMatcher } from './event-filters.ts';

const EVER = 2n ** 63n;
/** What a timer of Node can hold; `until` may lie further away. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Bytes that may wait for a client that does not read. */
const PATIENCE = 8 * 1024 * 1024;

export const eventsRoute = (events: EventLog): Route => ({
  method: 'GET',
  path: '/events',
  handle: async ({ query, signal }, response) => {
    const fits = eventMatcher(parseFilters(query, EVENT_FILTERS));
    const now = Date.now();
    const since = timeOf(query, 'since', now);
    const until = timeOf(query, 'until', now) ?? EVER;
    if (since !== null && since > until) throw invalidArgument('`since` time cannot be after `until` time');
    const past = since === null ? [] : events.between(since, until);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const tell = (event: EngineEvent): void => {
      if (event.time > until || !fits(event)) return;
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

function timeOf(query: URLSearchParams, name: string, now: number): bigint | null {
  const text = query.get(name);
  return text ? parseTimestamp(text, now) : null;
}

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
