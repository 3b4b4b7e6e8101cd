import { closeSync } from 'node:fs';
import { connectSeqpacket } from '../../linux/seqpacket.ts';
import type { LowLevelRuntime } from '../probe-runtime.ts';

/**
 * Whether a program without standard input gets a pipe that has ended instead of /dev/null. crun gives what is not
 * a terminal to the program's user (fchown, until 1.23), and the owner of this machine's /dev/null could close it
 * to everybody else.
 */
export function wantsPipe(runtime: LowLevelRuntime, streams: { tty: boolean; openStdin: boolean }): boolean {
  return runtime.name === 'crun' && !streams.tty && !streams.openStdin;
}

/** conmon takes a client that goes away for the end of standard input. */
export function endStdin(attachSocket: string): void {
  closeSync(connectSeqpacket(attachSocket));
}
