import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { ListenRequest, PortListener } from './port-listener.ts';

/** UDP has no end: a client that is silent this long is forgotten. As long as Docker's proxy waits. */
const IDLE = 90_000;
/** Senders can be forged, and each costs a socket: beyond this many the one silent for longest goes. */
const MAX_CLIENTS = 1024;

/** Hands datagrams on to the container, and its answers back to the client that they belong to. @throws the system's error */
export async function listenUdp({ hostAddress, hostPort, target }: ListenRequest): Promise<PortListener> {
  const v6 = isIPv6(hostAddress);
  const socket = createSocket({ type: v6 ? 'udp6' : 'udp4', ipv6Only: v6 });
  const clients = new Clients(socket, target);
  socket.on('message', (datagram, from) => clients.forward(datagram, from));
  try {
    socket.bind({ address: hostAddress, port: hostPort, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', () => undefined);
  let open = true;
  return {
    hostPort: socket.address().port,
    close: async () => {
      if (!open) return;
      open = false;
      clients.close();
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** One connected socket per client, so that the container tells them apart by their port. */
class Clients {
  readonly #listener: Socket;
  readonly #target: ListenRequest['target'];
  /** In the order of their last datagram: the first is the one silent for longest. */
  readonly #clients = new Map<string, Client>();

  constructor(listener: Socket, target: ListenRequest['target']) {
    this.#listener = listener;
    this.#target = target;
  }

  forward(datagram: Buffer, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const client = this.#clients.get(key) ?? this.#open(key, from);
    if (!client) return;
    this.#clients.delete(key);
    this.#clients.set(key, client);
    client.send(datagram);
  }

  #open(key: string, from: RemoteInfo): Client | null {
    const target = this.#target();
    if (!target) return null;
    const oldest = this.#clients.keys().next();
    if (this.#clients.size >= MAX_CLIENTS && !oldest.done) this.#clients.get(oldest.value)?.close();
    return new Client(target, {
      answer: (datagram) => this.#listener.send(datagram, from.port, from.address, () => undefined),
      gone: () => this.#clients.delete(key),
    });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}

class Client {
  readonly #socket: Socket;
  readonly #gone: () => void;
  readonly #idle: NodeJS.Timeout;
  /** What came before the socket was connected. */
  #early: Buffer[] | null = [];
  #open = true;

  constructor(
    target: { address: string; port: number },
    events: { answer(datagram: Buffer): void; gone(): void },
  ) {
    this.#socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4');
    this.#gone = events.gone;
    this.#idle = setTimeout(() => this.close(), IDLE).unref();
    // Nobody listens in the container: the kernel says so once per datagram; the next one may be heard.
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (datagram) => {
      this.#idle.refresh();
      events.answer(datagram);
    });
    this.#socket.connect(target.port, target.address, () => this.#flush());
  }

  send(datagram: Buffer): void {
    this.#idle.refresh();
    if (this.#early) this.#early.push(datagram);
    else if (this.#open) this.#socket.send(datagram, () => undefined);
  }

  #flush(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const datagram of early) this.send(datagram);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#idle);
    this.#gone();
    this.#socket.close();
  }
}
