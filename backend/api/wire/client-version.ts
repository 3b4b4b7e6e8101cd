import type { IncomingMessage } from 'node:http';

/** Whether the client speaks an older API than this, told by its path. One that names none speaks the newest. */
export function clientOlderThan({ url }: Pick<IncomingMessage, 'url'>, version: string): boolean {
  const [, spoken] = /^\/v(\d+\.\d+)\//.exec(url ?? '') ?? [];
  if (spoken === undefined) return false;
  const [majorA = 0, minorA = 0] = spoken.split('.').map(Number);
  const [majorB = 0, minorB = 0] = version.split('.').map(Number);
  return majorA === majorB ? minorA < minorB : majorA < majorB;
}
