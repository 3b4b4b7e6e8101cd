import { attachContainer } from '../../engine/containers/attach.ts';
import { emitContainer } from '../../engine/containers/container-events.ts';
import type { Container } from '../../engine/containers/container.ts';
import type { EngineContext } from '../../engine/context.ts';
import { readContainerLog } from '../../engine/logs/read-container-log.ts';
import { closeHijacked, MULTIPLEXED_STREAM, RAW_STREAM, type HijackedConnection } from '../server/hijack.ts';
import type { HijackRoute } from '../server/create-server.ts';
import { flag } from '../wire/query.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { pumpStreams } from './pump-streams.ts';
import { writeLogs } from './write-logs.ts';

export const attachRoute = (engine: EngineContext): HijackRoute => ({
  method: 'POST',
  path: '/containers/:id/attach',
  hijack: async ({ params, query, signal }, connection) => {
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
    const client = connection.accept(tty ? RAW_STREAM : MULTIPLEXED_STREAM);
    if (flag(query, 'logs')) {
      await writeLog(engine, attachment.container, query, client, signal).catch(async (error: unknown) => {
        (await attachment.streams)?.[Symbol.dispose]();
        throw error;
      });
    }
    const streams = await attachment.streams;
    if (streams === null) return closeHijacked(client);
    await pumpStreams(client, streams, {
      tty,
      detachKeys,
      stdout: flag(query, 'stdout'),
      stderr: flag(query, 'stderr'),
      onDetach: () => emitContainer(engine, 'detach', attachment.container),
    });
  },
});

/** What the container has said so far. */
async function writeLog(
  engine: EngineContext,
  container: Container,
  query: URLSearchParams,
  { output }: HijackedConnection,
  signal: AbortSignal,
): Promise<void> {
  const lines = readContainerLog(engine, container, { follow: false, signal });
  const wanted = { stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
  const form = { tty: container.config.tty, ...wanted, timestamps: false, details: null };
  await writeLogs(output, lines, form, signal);
}
