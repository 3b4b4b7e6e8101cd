import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { NetworkIdentity } from './identity.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import type { KnownNetworks } from './known-networks.ts';
import type { Sandboxes } from './sandboxes.ts';

const DELAY = 600;

export interface ReclaimDependencies {
  kernel: KernelThread;
  identity: NetworkIdentity;
  networks: KnownNetworks;
  sandboxes: Sandboxes;
  logger: Logger;
}

/**
 * Deletes the links that belong to no endpoint or network. A veth pair goes with its namespace and by itself, but not
 * while a process is left inside. Deleting one takes 20–40 ms, so it is done later and never waited for.
 */
export class Reclaim {
  readonly #use: ReclaimDependencies;
  #timer: NodeJS.Timeout | undefined;

  constructor(dependencies: ReclaimDependencies) {
    this.#use = dependencies;
  }

  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.now().catch((error: unknown) => {
        this.#use.logger.warn({ error: messageOf(error) }, 'links could not be reclaimed');
      });
    }, DELAY).unref();
  }

  async now(): Promise<void> {
    const { kernel, identity } = this.#use;
    const prefixes = { prefix: identity.vethPrefix, macPrefix: identity.macPrefix };
    const { named, bridges } = await kernel.call('linkNames', prefixes);
    // Asked after the kernel: what was made meanwhile is in the records and not in the list.
    const owned = this.#owned();
    const lost = [...named, ...bridges].filter((name) => !owned.has(name));
    if (lost.length > 0) await kernel.call('deleteLinks', lost);
  }

  #owned(): Set<string> {
    const { identity, networks, sandboxes } = this.#use;
    const members = sandboxes.all().flatMap(({ record }) => record.members);
    return new Set([
      ...members.map(({ endpoint }) => identity.veth(endpoint.endpointId)),
      ...networks.records().flatMap(({ bridge }) => bridge ?? []),
    ]);
  }

  /** What waits is done now. */
  async finish(): Promise<void> {
    const waits = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (waits) await this.now();
  }
}
