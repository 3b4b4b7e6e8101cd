import { spawn, type ChildProcess } from 'node:child_process';
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { ChildStream } from '../child-stream.ts';
import type { Ways } from '../choose-transport.ts';
import { cancelled, ConnectFailure } from '../failure.ts';

/** Sockets of this machine. Nothing is in between, so only `end` closes them. */
export function localWays(): Ways {
  let close: (reason: Error) => void = () => undefined;
  const children = new Set<ChildProcess>();
  const closed = new Promise<Error>((resolve) => {
    close = resolve;
  });
  return {
    openSocket: (path, signal) => open({ path, allowHalfOpen: true }, signal),
    openTcp: (host, port, signal) => open({ host, port, allowHalfOpen: true }, signal),
    spawn: async (command, said) => {
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'] });
      children.add(child);
      child.once('close', () => children.delete(child));
      child.stderr.on('data', (chunk: Buffer) => said(chunk.toString()));
      return new ChildStream(child, (why) => failure(`a program ${why}`));
    },
    closed,
    end: () => {
      for (const child of children) child.kill();
      close(new ConnectFailure('not-connected', 'the connection was ended', { action: 'retry' }));
    },
  };
}

function open(options: NetConnectOpts, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled());
    const socket = createConnection(options);
    const abort = (): void => {
      socket.destroy();
      reject(cancelled());
    };
    signal?.addEventListener('abort', abort, { once: true });
    const failed = (error: Error): void => {
      signal?.removeEventListener('abort', abort);
      reject(failure(error.message, error));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

function failure(message: string, cause?: unknown): ConnectFailure {
  return new ConnectFailure('forward-refused', message, { action: 'retry', cause });
}
