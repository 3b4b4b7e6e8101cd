export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';

/** Something that happened. `time` is nanoseconds since the epoch, strictly growing within one daemon. */
export interface EngineEvent {
  type: EventType;
  action: string;
  actor: { id: string; attributes: Record<string, string> };
  time: bigint;
}

export type EventListener = (event: EngineEvent) => void;

/** Docker keeps this many for clients that ask for the past with `since`. */
const KEPT = 256;

/** What happened, in order: the last 256 kept in memory, new ones told to whoever listens. */
export class EventLog {
  readonly #kept: EngineEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #last = 0n;

  emit(type: EventType, action: string, id: string, attributes: Record<string, string> = {}): void {
    const event = { type, action, actor: { id, attributes }, time: this.#nextTime() };
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Kept events of the span, oldest first; bounds in nanoseconds, inclusive. */
  between(since: bigint, until: bigint): EngineEvent[] {
    return this.#kept.filter((event) => event.time >= since && event.time <= until);
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns what ends the subscription */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #nextTime(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    // Clients resume after the last time they saw, so that no two events may share one.
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }
}
