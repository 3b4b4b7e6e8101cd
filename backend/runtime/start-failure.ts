/**
 * The exit code that a container gets when its program could not be started, from the runtime's own words
 * (Docker: 127 not found, 126 found but not to be executed, 125 everything else).
 * crun names the errno's text at the end; runc names the Go error.
 */
export function startFailureExitCode(message: string): 125 | 126 | 127 {
  if (/executable file .*not found|no such file or directory|stat .*: no such file/i.test(message)) {
    return /mount|chdir|cwd|working directory|rootfs|namespace/i.test(message) ? 126 : 127;
  }
  if (
    /permission denied|exec format error|is a directory|not a directory|chdir|operation not permitted/i.test(
      message,
    )
  ) {
    return 126;
  }
  return 125;
}
