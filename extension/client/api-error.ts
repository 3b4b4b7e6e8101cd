/** The engine refused a request. `message` is the engine's own sentence, shown to the user as it is. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Whether the engine said that the thing does not exist (any more). */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The sentence in the body of a refused request: `{"message": …}`, else the body, else the status. */
export function apiErrorOf(status: number, body: string): ApiError {
  return new ApiError(status, messageIn(body) ?? (body.trim() || `the engine answered ${status}`));
}

function messageIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
      return typeof parsed.message === 'string' && parsed.message !== '' ? parsed.message : undefined;
    }
  } catch {
    // A body that is no JSON is the message itself.
  }
  return undefined;
}
