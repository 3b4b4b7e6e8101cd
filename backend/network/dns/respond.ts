import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { LiveSandbox } from '../sandboxes.ts';
import { wayOut } from '../way-out.ts';
import { answer } from './answer.ts';
import type { NameSources } from './find-name.ts';
import type { NameServers } from './name-servers.ts';
import { CLASS, cutOff, RCODE, readQuery, TYPE, writeAnswer, writeFailure, type Query } from './packet.ts';

export interface ResolverContext extends NameSources {
  readonly logger: Logger;
  readonly nameServers: NameServers;
}
export type Transport = 'udp' | 'tcp';
type Response = Buffer | null | Promise<Buffer | null>;

const LARGEST_MESSAGE = 65_535;
/** As many as Docker's. */
const MAX_FORWARDS = 1024;

/** Answers one container's questions: at once where the answer is known here, null for what gets none. */
export class Responder {
  readonly #context: ResolverContext;
  readonly #live: LiveSandbox;
  readonly #signal: AbortSignal;
  #forwards = 0;

  constructor(context: ResolverContext, live: LiveSandbox, signal: AbortSignal) {
    this.#context = context;
    this.#live = live;
    this.#signal = signal;
  }

  respond(message: Buffer, transport: Transport): Response {
    const query = readQuery(message);
    if (query === null) return null;
    if (typeof query === 'number') return writeFailure(message, query);
    const room = transport === 'tcp' ? LARGEST_MESSAGE : query.room;
    if (query.extension && query.extension.version > 0) return writeAnswer(query, RCODE.BADVERS, [], room);
    if (query.class !== CLASS.IN && query.class !== CLASS.CH)
      return writeAnswer(query, RCODE.REFUSED, [], room);
    // Read at each question: networks, names and links come and go while the container runs.
    const known = query.class === CLASS.IN ? answer(this.#context, this.#live.record, query) : undefined;
    if (known) return writeAnswer(query, RCODE.NOERROR, known, room);
    const refusal = this.#refusal(query);
    if (refusal !== null) return writeAnswer(query, refusal, [], room);
    return this.#forward(query, transport, room);
  }

  #refusal({ type }: Query): number | null {
    // Transfers of whole zones are many messages.
    if (type === TYPE.AXFR || type === TYPE.IXFR) return RCODE.REFUSED;
    const { members } = this.#live.record;
    // Questions themselves could carry something out of an internal network.
    const inside = wayOut(members, 4) === undefined && wayOut(members, 6) === undefined;
    return inside || this.#forwards >= MAX_FORWARDS ? RCODE.SERVFAIL : null;
  }

  async #forward(query: Query, transport: Transport, room: number): Promise<Buffer> {
    this.#forwards += 1;
    try {
      const { servers } = this.#live.record.dns;
      const found = await this.#context.nameServers.ask(query, { transport, servers, signal: this.#signal });
      if (!found) return writeAnswer(query, RCODE.SERVFAIL, [], room);
      return found.length > room ? cutOff(query, found) : found;
    } catch (error) {
      this.#context.logger.warn({ error: messageOf(error) }, 'a name could not be asked for');
      return writeAnswer(query, RCODE.SERVFAIL, [], room);
    } finally {
      this.#forwards -= 1;
    }
  }
}
