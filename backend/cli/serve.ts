import { rmSync, writeFileSync } from 'node:fs';
import { createDaemon } from '../daemon.ts';
import { createLogger } from '../base/logger.ts';
import { listenOnSocket } from './listen.ts';
import { takeNotifySocket } from './notify-systemd.ts';
import { parseServeOptions } from './serve-options.ts';

/** Open HTTP connections get this long after SIGTERM; log followers would stay for ever. */
const GRACE = 2_000;

/** `stratad serve`: runs until SIGTERM or SIGINT. Containers go on. */
export async function serve(args: readonly string[]): Promise<void> {
  // As Docker: a strict umask of who starts it would make directories that no user of a container may enter.
  process.umask(0o022);
  const notifyReady = takeNotifySocket();
  const options = parseServeOptions(args);
  const logger = createLogger(options.logLevel);
  const daemon = await createDaemon(options, logger);
  const { server } = daemon;
  await listenOnSocket(server, options);
  if (options.pidfile !== null) writeFileSync(options.pidfile, `${process.pid}\n`);
  notifyReady();
  logger.info({ socket: options.socket, dataRoot: options.dataRoot }, 'ready');

  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
  });
  logger.info({ signal }, 'ending; containers go on');
  setTimeout(() => process.exit(0), GRACE * 2).unref();
  server.close();
  setTimeout(() => server.closeAllConnections(), GRACE).unref();
  server.closeIdleConnections();
  await daemon[Symbol.asyncDispose]();
  rmSync(options.socket, { force: true });
  if (options.pidfile !== null) rmSync(options.pidfile, { force: true });
  process.exit(0);
}
