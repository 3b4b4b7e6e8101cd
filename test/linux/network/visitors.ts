import { Worker } from 'node:worker_threads';
import { run } from '../../support/run.ts';

interface Ask {
  protocol: 'tcp' | 'udp';
  host: string;
  port: number;
  /** Milliseconds. */
  patience: number;
  /** Of datagrams: the port that they come from; 0 for any. */
  from: number;
}

export type VisitorCall = { id: number } & (
  | ({ kind: 'ask' } & Ask)
  | { kind: 'serve'; name: string; port: number; host: string }
  | { kind: 'stop'; server: number }
);
export type VisitorAnswer = { id: number; result: string | null } | { id: number; failure: string };

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Asks and answers in network namespaces, by a thread in each: a process would take a tenth of a second each time. */
export class Visitors implements AsyncDisposable {
  readonly #visitors = new Map<string, Visitor>();

  /** What a server of `serve` says; null where nobody answers. */
  ask(
    namespace: string,
    protocol: 'tcp' | 'udp',
    host: string,
    port: number,
    { patience = 2_000, from = 0 } = {},
  ): Promise<string | null> {
    return this.#at(namespace).call({ kind: 'ask', protocol, host, port, patience, from });
  }

  /** Answers `name:<address of who asked>:<what was asked>` over TCP and UDP, of both families. Returns how it ends. */
  async serve(namespace: string, name: string, port: number, host = '::'): Promise<() => Promise<void>> {
    const visitor = this.#at(namespace);
    const server = visitor.nextId;
    await visitor.call({ kind: 'serve', name, port, host });
    return async () => void (await visitor.call({ kind: 'stop', server }));
  }

  async ping(namespace: string, host: string): Promise<boolean> {
    const args = [`--net=${namespace}`, 'busybox', 'ping', '-c1', '-W1', host];
    return (await run('nsenter', args, { timeout: 5_000 })).code === 0;
  }

  /** Nobody of ours is left in it. */
  async leave(namespace: string): Promise<void> {
    await this.#visitors.get(namespace)?.leave();
    this.#visitors.delete(namespace);
  }

  #at(namespace: string): Visitor {
    const visitor = this.#visitors.get(namespace) ?? new Visitor(namespace);
    this.#visitors.set(namespace, visitor);
    return visitor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const visitors = [...this.#visitors.values()];
    this.#visitors.clear();
    await Promise.all(visitors.map((visitor) => visitor.leave()));
  }
}

class Visitor {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(result: string | null): void; reject(error: Error): void }>();
  #last = 0;

  constructor(namespace: string) {
    this.#worker = new Worker(new URL('./visitor-worker.ts', import.meta.url), { workerData: namespace });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('message', (answer: VisitorAnswer) => {
      const call = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('failure' in answer) call?.reject(new Error(`in namespace ${namespace}: ${answer.failure}`));
      else call?.resolve(answer.result);
    });
  }

  get nextId(): number {
    return this.#last + 1;
  }

  call(call: Unnumbered<VisitorCall>): Promise<string | null> {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
      this.#worker.postMessage({ id, ...call });
    });
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async leave(): Promise<void> {
    await this.#worker.terminate();
    this.#fail(new Error('the visitor left'));
  }
}
