import { closeDescriptors, type SocketPair } from '../../linux/namespace-sockets.ts';
import type { Responder } from './respond.ts';
import { serveTcp } from './serve-tcp.ts';
import { serveUdp } from './serve-udp.ts';

/** Answers one container at 127.0.0.11. */
export interface Resolver {
  /** At once, with both sockets. Idempotent. */
  close(): void;
}

/** Takes the descriptors over, also when it throws. */
export function openResolver(
  { udpFd, tcpFd }: SocketPair,
  responder: Responder,
  abandon: () => void,
): Resolver {
  let closeUdp: () => void;
  try {
    closeUdp = serveUdp(udpFd, responder);
  } catch (error) {
    closeDescriptors([udpFd, tcpFd]);
    throw error;
  }
  const closeTcp = serveTcp(tcpFd, responder);
  return {
    close: () => {
      abandon();
      closeUdp();
      closeTcp();
    },
  };
}
