import {
  conflict,
  forbidden,
  invalidArgument,
  isErrno,
  notFound,
  resourceExhausted,
  StrataError,
} from '../../base/errors.ts';

type Factory = (message: string, cause: unknown) => StrataError;

const REASONS: Readonly<Record<string, readonly [Factory, string]>> = {
  ENOENT: [notFound, 'no such file or directory'],
  ENOTDIR: [invalidArgument, 'not a directory'],
  ELOOP: [invalidArgument, 'too many levels of symbolic links'],
  ENAMETOOLONG: [invalidArgument, 'file name too long'],
  EEXIST: [conflict, 'file exists'],
  ENOTEMPTY: [conflict, 'directory not empty'],
  EISDIR: [conflict, 'is a directory'],
  EBUSY: [conflict, 'device or resource busy'],
  EXDEV: [invalidArgument, 'the two lie on different file systems'],
  EROFS: [forbidden, 'read-only file system'],
  ETXTBSY: [conflict, 'text file busy'],
  ENOSPC: [resourceExhausted, 'no space left on device'],
  EDQUOT: [resourceExhausted, 'disk quota exceeded'],
};

/** What the kernel says about a path that a client named, as an error with a code. Everything else stays as it is. */
export function explainFailure(error: unknown): unknown {
  if (error instanceof StrataError) return error;
  for (const [code, [factory, reason]] of Object.entries(REASONS))
    if (isErrno(error, code)) return factory(reason, error);
  return error;
}
