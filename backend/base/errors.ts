/**
 * The closed set of failures that the daemon knows. Low layers throw these and know no HTTP;
 * `api/errors.ts` is the one place that maps a code to a status.
 */
export type ErrorCode =
  | 'not-found'
  | 'conflict'
  | 'invalid-argument'
  | 'not-modified'
  | 'unavailable'
  | 'not-implemented'
  | 'forbidden'
  | 'unauthenticated'
  | 'resource-exhausted'
  | 'internal';

/** A failure with a code. Messages are lower case and name the id or path; they never hold secrets. */
export class StrataError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StrataError';
    this.code = code;
  }
}

type Factory = (message: string, cause?: unknown) => StrataError;
const factory =
  (code: ErrorCode): Factory =>
  (message, cause) =>
    new StrataError(code, message, cause);

export const notFound = factory('not-found');
export const conflict = factory('conflict');
export const invalidArgument = factory('invalid-argument');
export const notModified = factory('not-modified');
export const unavailable = factory('unavailable');
export const notImplemented = factory('not-implemented');
export const forbidden = factory('forbidden');
export const unauthenticated = factory('unauthenticated');
export const resourceExhausted = factory('resource-exhausted');
export const internal = factory('internal');

/** The code of any thrown value; what is not ours is `internal`. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof SuppressedError) return codeOf(error.suppressed);
  return error instanceof StrataError ? error.code : 'internal';
}

/** The message of any thrown value, for wrapping it in a sentence of ours. */
export function messageOf(error: unknown): string {
  // An undo that failed must not hide why there was something to undo.
  if (error instanceof SuppressedError) return `${messageOf(error.suppressed)} (${messageOf(error.error)})`;
  return error instanceof Error ? error.message : String(error);
}

/** Whether a thrown value is a Node system error with this errno name, such as `ENOENT`. */
export function isErrno(error: unknown, name: string): boolean {
  return error instanceof Error && 'code' in error && error.code === name;
}
