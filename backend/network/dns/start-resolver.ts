import type { SocketPair } from '../../linux/namespace-sockets.ts';
import type { LiveSandbox } from '../sandboxes.ts';
import { openResolver } from './resolver.ts';
import { Responder, type ResolverContext } from './respond.ts';

/** Begins to answer a container at sockets of its network namespace, which belong to the resolver from now on. */
export function startResolver(context: ResolverContext, live: LiveSandbox, sockets: SocketPair): void {
  const abandon = new AbortController();
  const responder = new Responder(context, live, abandon.signal);
  live.resolver = openResolver(sockets, responder, () => abandon.abort());
  live.record.resolverPort = sockets.port;
}
