import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';

/** What the agent needs of a connection: a new byte stream to the engine's API. */
export interface OpensApi {
  openApi(signal?: AbortSignal): Promise<Duplex>;
}

/** Opening a channel on a dead link must not hang a request for ever. */
const openTimeoutMs = 20_000;

type Opened = (error: Error | null, stream: Duplex) => void;

/**
 * An HTTP agent whose sockets are channels of a connection. Idle channels are kept for the next
 * request; a few are enough, because a click asks for two or three things at once.
 */
export class ChannelAgent extends Agent {
  readonly #source: OpensApi;
  readonly #live = new Set<Duplex>();

  constructor(source: OpensApi) {
    const options: AgentOptions = { keepAlive: true, maxFreeSockets: 4 };
    super(options);
    this.#source = source;
  }

  override createConnection(_options: ClientRequestArgs, callback?: Opened): Duplex | null | undefined {
    void this.#open(callback ?? (() => undefined));
    return undefined;
  }

  async #open(opened: Opened): Promise<void> {
    let channel: Duplex;
    try {
      channel = await this.#source.openApi(AbortSignal.timeout(openTimeoutMs));
    } catch (error) {
      // Node reads the stream only where there is no error; its types know no other way to say it.
      (opened as (error: Error) => void)(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    addSocketMethods(channel);
    this.#live.add(channel);
    channel.once('close', () => this.#live.delete(channel));
    opened(null, channel);
  }

  /** Ends also the channels in use: after a disconnect nobody reads their end. */
  override destroy(): void {
    super.destroy();
    for (const channel of this.#live) channel.destroy();
    this.#live.clear();
  }
}

/** The base class calls methods that only `net.Socket` has; a channel of SSH has no timers to set. */
function addSocketMethods(channel: Duplex): void {
  const nothing = () => channel;
  for (const name of ['ref', 'unref', 'setKeepAlive', 'setNoDelay', 'setTimeout']) {
    if (!(name in channel)) Object.defineProperty(channel, name, { value: nothing, configurable: true });
  }
}
