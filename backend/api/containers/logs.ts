import { invalidArgument } from '../../base/errors.ts';
import type { EngineContext } from '../../engine/context.ts';
import { logDetails } from '../../engine/logs/log-attributes.ts';
import { readContainerLog } from '../../engine/logs/read-container-log.ts';
import { MULTIPLEXED_STREAM, RAW_STREAM } from '../server/hijack.ts';
import type { Route } from '../route.ts';
import { flag } from '../wire/query.ts';
import { parseTimestamp } from '../wire/timestamp.ts';
import { writeLogs } from './write-logs.ts';

export const logsRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/:id/logs',
  handle: async ({ params, query, signal }, response) => {
    const container = engine.containers.resolve(params['id'] ?? '');
    const stdout = flag(query, 'stdout');
    const stderr = flag(query, 'stderr');
    if (!stdout && !stderr) throw invalidArgument('Bad parameters: you must choose at least one stream');
    const lines = readContainerLog(engine, container, {
      signal,
      follow: flag(query, 'follow'),
      ...logSpan(query),
    });
    const { tty } = container.config;
    response.writeHead(200, { 'Content-Type': tty ? RAW_STREAM : MULTIPLEXED_STREAM });
    response.flushHeaders();
    const details = flag(query, 'details') ? logDetails(container) : null;
    const form = { tty, stdout, stderr, timestamps: flag(query, 'timestamps'), details };
    await writeLogs(response, lines, form, signal);
    response.end();
    return undefined;
  },
});

function logSpan(query: URLSearchParams): { tail?: number; since?: bigint; until?: bigint } {
  const tail = query.get('tail') ?? 'all';
  const since = query.get('since');
  const until = query.get('until');
  return {
    // As with Docker, what is no number means all.
    ...(/^\d+$/.test(tail) ? { tail: Number(tail) } : {}),
    ...(since && since !== '0' ? { since: parseTimestamp(since) } : {}),
    ...(until && until !== '0' ? { until: parseTimestamp(until) } : {}),
  };
}
