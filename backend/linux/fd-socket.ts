import { closeSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { internal } from '../base/errors.ts';

interface PipeHandle {
  open(fd: number): number;
}
interface PipeBinding {
  Pipe: new (type: number) => PipeHandle;
  constants: { SOCKET: number };
}

/**
 * A Socket over a descriptor that `new Socket({ fd })` refuses because it is neither a stream socket nor a pipe:
 * SOCK_SEQPACKET sockets and pidfds. libuv's pipe handle takes any descriptor that can be polled.
 * The binding is internal to Node; the daemon ships with its own Node, so it is the one that the tests ran with.
 */
export function socketOfFd(fd: number, options: Omit<SocketConstructorOpts, 'fd'> = {}): Socket {
  const { Pipe, constants } = pipeBinding();
  const handle = new Pipe(constants.SOCKET);
  const failed = handle.open(fd);
  if (failed !== 0) {
    closeSync(fd);
    throw internal(`cannot watch descriptor ${fd}: error ${failed}`);
  }
  // `handle` is honoured, but the types do not know it.
  return new Socket({ ...options, handle } as unknown as SocketConstructorOpts);
}

function pipeBinding(): PipeBinding {
  const { binding } = process as unknown as { binding(name: string): PipeBinding };
  return binding('pipe_wrap');
}
