import { setTimeout as sleep } from 'node:timers/promises';
import { StrataError } from '../base/errors.ts';
import { StalledError } from './http-request.ts';

export interface RetryPolicy {
  /** Trials in a row that may fail before we give up. */
  attempts: number;
  /** Milliseconds before the second trial; doubled for each further one, up to `maxDelay`. */
  firstDelay: number;
  maxDelay: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, firstDelay: 250, maxDelay: 10_000 };

/** A failure that may be gone at the next trial. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  /** Milliseconds that the registry asked to wait for. */
  readonly retryAfter: number | undefined;
  /** What to tell the user when no trial is left. */
  readonly final: StrataError;

  constructor(final: StrataError, retryAfter?: number) {
    super(final.message, { cause: final });
    this.final = final;
    this.retryAfter = retryAfter;
  }
}

/** Statuses after which asking again makes sense. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

const TRANSIENT = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'HPE_INVALID_EOF_STATE']);

/** A connection that broke off; one that was refused stays refused. */
export function isTransientFailure(error: unknown): boolean {
  if (error instanceof StalledError || error instanceof TransientError) return true;
  return error instanceof Error && 'code' in error && TRANSIENT.has(String(error.code));
}

/** Waits before trial number `failures + 1`, with jitter, so that many layers do not come back at the same instant. */
export async function backOff(
  failures: number,
  error: unknown,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<void> {
  const grown = Math.min(policy.firstDelay * 2 ** (failures - 1), policy.maxDelay);
  const asked = error instanceof TransientError ? error.retryAfter : undefined;
  const delay = asked === undefined ? grown * (0.5 + Math.random() / 2) : Math.min(asked, policy.maxDelay);
  await sleep(delay, undefined, { signal });
}

/** Runs `work` until it succeeds, fails for good, or has failed `policy.attempts` times in a row. */
export async function withRetries<T>(
  work: () => Promise<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTransientFailure(error)) throw error;
      if (failures >= policy.attempts) throw error instanceof TransientError ? error.final : error;
      await backOff(failures, error, policy, signal);
    }
  }
}
