import { attachContainer } from '../../engine/containers/attach.ts';
import { emitContainer } from '../../engine/containers/container-events.ts';
import type { Container } from '../../engine/containers/container.ts';
import type { EngineContext } from '../../engine/context.ts';
import { readContainerLog } from '../../engine/logs/read-container-log.ts';
import type { ApiRequest } from '../route.ts';
import {
  closeHijacked,
  MULTIPLEXED_STREAM,
  RAW_STREAM,
  type Hijackable,
  type HijackedConnection,
} from '../server/hijack.ts';
import type { HijackRoute } from '../server/create-server.ts';
import { flag } from '../wire/query.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { pumpStreams } from './pump-streams.ts';
import { writeLogs } from './write-logs.ts';

export const attachRoute = (engine: EngineContext): HijackRoute => ({
  method: 'POST',
  path: '/containers/:id/attach',
  hijack: (request, connection) => attach(engine, request, connection, false),
});

/** Messages are pieces of the output: both streams are one, with a terminal or without. */
export const attachWebSocketRoute = (engine: EngineContext): HijackRoute => ({
  method: 'GET',
  path: '/containers/:id/attach/ws',
  webSocket: true,
  hijack: (request, connection) => attach(engine, request, connection, true),
});

async function attach(
  engine: EngineContext,
  { params, query, signal }: ApiRequest,
  connection: Hijackable,
  unframed: boolean,
): Promise<void> {
  const detachKeys = query.get('detachKeys') ?? '';
  if (detachKeys) parseDetachKeys(detachKeys);
  const attachment = attachContainer(
    engine,
    params['id'] ?? '',
    { stdin: flag(query, 'stdin'), stream: flag(query, 'stream') },
    signal,
  );
  const { tty } = attachment.container.config;
  // A failure is told to whoever awaits it below; until then it must not count as unhandled.
  attachment.streams.catch(() => undefined);
  const raw = tty || unframed;
  const client = connection.accept(raw ? RAW_STREAM : MULTIPLEXED_STREAM);
  const wanted = { raw, stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
  if (flag(query, 'logs')) {
    await writeLog(engine, attachment.container, wanted, client, signal).catch(async (error: unknown) => {
      (await attachment.streams)?.[Symbol.dispose]();
      throw error;
    });
  }
  const streams = await attachment.streams;
  if (streams === null) return closeHijacked(client);
  await pumpStreams(client, streams, {
    ...wanted,
    tty,
    detachKeys,
    onDetach: () => emitContainer(engine, 'detach', attachment.container),
  });
}

interface Wanted {
  /** No frames. */
  raw: boolean;
  stdout: boolean;
  stderr: boolean;
}

/** What the container has said so far. */
async function writeLog(
  engine: EngineContext,
  container: Container,
  { raw, stdout, stderr }: Wanted,
  { output }: HijackedConnection,
  signal: AbortSignal,
): Promise<void> {
  const lines = readContainerLog(engine, container, { follow: false, signal });
  const form = { tty: raw, stdout, stderr, timestamps: false, details: null };
  await writeLogs(output, lines, form, signal);
}
