import assert from 'node:assert/strict';
import { startFailureExitCode } from '../../../backend/runtime/start-failure.ts';

describe('startFailureExitCode', () => {
  for (const [message, code] of [
    ['executable file `nope` not found in $PATH: No such file or directory', 127],
    ['crun: executable file `nope` not found: No such file or directory', 127],
    ['open executable: Operation not permitted', 126],
    ['open executable: Permission denied', 126],
    ['exec: "nope": executable file not found in $PATH: unknown', 127],
    ['exec: "/etc/passwd": permission denied', 126],
    ['exec /x: exec format error', 126],
    ['chdir to cwd ("/nope") set in config.json failed: no such file or directory', 126],
    ['cannot chdir to /etc/passwd: Not a directory', 126],
    ['mount `/nope` to `data`: No such file or directory', 125],
    ['some other failure', 125],
  ] as const) {
    it(`gives ${code} for: ${message}`, () => assert.equal(startFailureExitCode(message), code));
  }
});
