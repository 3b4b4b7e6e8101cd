import { pino, destination } from 'pino';

/** The part of a structured logger that the daemon uses; `pino` fulfils it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** JSON lines on standard error, one per record. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: true }),
  );
}

const nothing = (): void => undefined;
/** For tests and for parts that run without a daemon. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
