/**
 * The exit code that a container gets when its program could not be started, from the runtime's own words
 * (Docker: 127 not found, 126 found but not to be executed, 125 everything else).
 * crun ends its messages with the errno's text, runc with the Go error.
 */
export function startFailureExitCode(message: string): 125 | 126 | 127 {
  // Docker says 126 for a working directory that is a file or cannot be made.
  if (/\bchdir\b|\bcwd\b|working directory/i.test(message)) return 126;
  if (/executable file .*not found|exec.*: no such file or directory/i.test(message)) return 127;
  // Failures of mounts, namespaces and limits are the engine's, whatever the errno.
  if (!/\bexec|executable|\bopen executable/i.test(message)) return 125;
  return /permission denied|exec format error|is a directory|operation not permitted/i.test(message)
    ? 126
    : 125;
}
