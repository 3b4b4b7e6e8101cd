import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { messageOf } from './failure.ts';

/** Linux takes 107 bytes in a socket's path, macOS 103. */
const MAX_PATH = 103;

export interface LocalSocket extends AsyncDisposable {
  readonly path: string;
}

export interface LocalSocketOptions {
  open(signal?: AbortSignal): Promise<Duplex>;
  /** Where the socket's own directory is made; a long path is passed over. */
  directory?: string | undefined;
  platform?: NodeJS.Platform;
}

/**
 * A unix socket in a directory that only the user can enter (on Windows a named pipe), each connection to
 * which is a new stream to the agent. Never TCP: any user of this machine could connect to that.
 */
export async function openLocalSocket(options: LocalSocketOptions): Promise<LocalSocket> {
  const live = new Set<Socket>();
  // Half-open: `echo x | docker run -i … cat` ends its input and still waits for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    live.add(socket);
    socket.once('close', () => live.delete(socket));
    void forward(socket, options.open);
  });
  const { path, remove } = await listen(server, options);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of live) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await remove();
    },
  };
}

async function forward(socket: Socket, open: LocalSocketOptions['open']): Promise<void> {
  socket.on('error', () => undefined);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  socket.once('close', abort);
  let stream: Duplex;
  try {
    stream = await open(gone.signal);
  } catch (error) {
    // A client that speaks HTTP shows this sentence; any other one sees the end.
    socket.end(refusal(messageOf(error)));
    return;
  }
  if (socket.destroyed) {
    stream.destroy();
    return;
  }
  stream.on('error', () => socket.destroy());
  stream.once('close', () => {
    // What was read from the stream may still be on its way to the client.
    if (!socket.writableEnded) socket.end();
    socket.once('finish', () => socket.destroySoon());
  });
  socket.once('close', () => stream.destroy());
  socket.pipe(stream);
  stream.pipe(socket);
}

function refusal(message: string): string {
  const body = JSON.stringify({ message });
  const head = ['HTTP/1.1 503 Service Unavailable', 'Content-Type: application/json', 'Connection: close'];
  return `${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function listen(
  server: Server,
  { directory, platform = process.platform }: LocalSocketOptions,
): Promise<{ path: string; remove(): Promise<void> }> {
  if (platform === 'win32') {
    // Not tested on Windows. The name cannot be guessed; the pipe's default ACL keeps other users out.
    const path = String.raw`\\.\pipe\strata-${randomBytes(12).toString('hex')}`;
    await listenOn(server, path);
    return { path, remove: async () => undefined };
  }
  const candidates = [directory, process.env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'];
  for (const parent of candidates) {
    if (parent === undefined || Buffer.byteLength(join(parent, 'strata-XXXXXX', 'api.sock')) > MAX_PATH)
      continue;
    // mkdtemp makes it with mode 0700.
    const made = await mkdtemp(join(parent, 'strata-')).catch(() => undefined);
    if (made === undefined) continue;
    const path = join(made, 'api.sock');
    await listenOn(server, path);
    return { path, remove: () => rm(made, { recursive: true, force: true }) };
  }
  throw new Error(`no directory for a local socket with a path of at most ${MAX_PATH} bytes was found`);
}

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
