/** The value of DOCKER_HOST for a local socket: a path, or a named pipe on Windows. */
export function dockerHostOf(localSocket: string): string {
  return localSocket.startsWith('\\\\')
    ? `npipe://${localSocket.replaceAll('\\', '/')}`
    : `unix://${localSocket}`;
}
