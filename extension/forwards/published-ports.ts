import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../client/session.ts';
import type { Sessions } from '../client/sessions.ts';

/** Brings published ports of a machine to this one. */
export interface PublishedPorts {
  /** The port on this machine's loopback that leads to the machine's port. */
  localPort(session: Session, port: number): Promise<number>;
  close(): void;
}

/** `isLocal` says whether the machine is this one: its ports are here already. */
export function createPublishedPorts(
  sessions: Sessions,
  isLocal: (session: Session) => boolean,
): PublishedPorts {
  const servers = new Map<Session, Map<number, Promise<Server>>>();
  const closeOf = (session: Session) => {
    for (const opening of servers.get(session)?.values() ?? []) {
      opening.then((server) => server.close()).catch(() => undefined);
    }
    servers.delete(session);
  };
  const stop = sessions.onChange(() => {
    const live = new Set(sessions.all());
    for (const session of servers.keys()) if (!live.has(session)) closeOf(session);
  });
  return {
    async localPort(session, port) {
      if (isLocal(session)) return port;
      const ofSession = servers.get(session) ?? new Map<number, Promise<Server>>();
      servers.set(session, ofSession);
      const opening = ofSession.get(port) ?? listen(session, port);
      ofSession.set(port, opening);
      opening.catch(() => ofSession.delete(port));
      const address = (await opening).address();
      if (address === null || typeof address === 'string') throw new Error(`no local port for ${port}`);
      return address.port;
    },
    close() {
      stop();
      for (const session of Array.from(servers.keys())) closeOf(session);
    },
  };
}

/** The same number where it is free here, so that addresses look alike on both sides; else any. */
async function listen(session: Session, port: number): Promise<Server> {
  // A half-open client (its request is sent, it waits for the answer) must not be cut off.
  const server = createServer({ allowHalfOpen: true }, (socket) => void carry(session, port, socket));
  try {
    await listenOn(server, port);
  } catch {
    await listenOn(server, 0);
  }
  server.unref();
  return server;
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function carry(session: Session, port: number, socket: Socket): Promise<void> {
  try {
    const remote = await session.connection.openTcp('127.0.0.1', port);
    await Promise.all([pipeline(socket, remote), pipeline(remote, socket)]);
  } catch {
    // The browser sees a reset, as it would on the machine itself.
    socket.destroy();
  }
}
