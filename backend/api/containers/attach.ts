import { attachContainer } from '../../engine/containers/attach.ts';
import { logPath } from '../../engine/containers/bring-up.ts';
import type { EngineContext } from '../../engine/context.ts';
import { readLogs } from '../../runtime/logs/read-logs.ts';
import { MULTIPLEXED_STREAM, RAW_STREAM } from '../server/hijack.ts';
import type { HijackRoute } from '../server/create-server.ts';
import { flag } from '../wire/query.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { pumpStreams } from './pump-streams.ts';
import { streamFrame } from './stream-frame.ts';

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
      for await (const { stream, line } of readLogs({
        path: logPath(engine, attachment.container.id),
        follow: false,
        signal,
      })) {
        client.output.write(tty ? line : streamFrame(stream, line));
      }
    }
    const streams = await attachment.streams;
    if (streams === null) {
      client.output.end();
      return;
    }
    await pumpStreams(client, streams, {
      tty,
      detachKeys,
      stdout: flag(query, 'stdout'),
      stderr: flag(query, 'stderr'),
    });
  },
});
