import type { PathStat } from './messages.ts';

export interface Output {
  stat: PathStat | null;
  /** Ended early by `return`, it closes what it has open, the tree too. */
  chunks: Generator<Buffer>;
}

/** For a task without content. */
export function* nothing(): Generator<Buffer> {
  // What there is to say is said by the stat.
}
