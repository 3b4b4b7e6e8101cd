import { ZodError } from 'zod';
import { codeOf, messageOf, type ErrorCode } from '../../base/errors.ts';
import type { Reply } from '../route.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  'not-found': 404,
  conflict: 409,
  'invalid-argument': 400,
  'not-modified': 304,
  unavailable: 503,
  'not-implemented': 501,
  forbidden: 403,
  unauthenticated: 401,
  'resource-exhausted': 507,
  internal: 500,
};

/** The one place where a failure becomes an HTTP status. The body is Docker's: `{"message": …}`. */
export function errorReply(error: unknown): Reply {
  if (error instanceof ZodError) return { status: 400, body: { message: describeIssues(error) } };
  const status = STATUS[codeOf(error)];
  return status === 304 ? { status } : { status, body: { message: messageOf(error) } };
}

/** `HostConfig.Memory: expected number, received string`, for the first field that is wrong. */
function describeIssues(error: ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'invalid request';
  const path = issue.path.map(String).join('.');
  // What is wrong with a name in a map is said one level below.
  const { message } = (issue.code === 'invalid_key' && issue.issues[0]) || issue;
  return path ? `invalid field ${path}: ${message}` : `invalid request: ${issue.message}`;
}
