import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { NetworkIdentity } from './identity.ts';
import type { KernelThread } from './kernel/kernel-thread.ts';
import type { NetworkTables } from './network-records.ts';

const DELAY = 3_000;

export interface ReclaimDependencies {
  kernel: KernelThread;
  identity: NetworkIdentity;
  tables: NetworkTables;
  logger: Logger;
}

/**
 * Deletes the veth pairs that belong to no endpoint. A pair goes with its namespace and by itself, but not
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
        this.#use.logger.warn({ error: messageOf(error) }, 'veth pairs could not be reclaimed');
      });
    }, DELAY).unref();
  }

  async now(): Promise<void> {
    const { kernel, identity, tables } = this.#use;
    const names = await kernel.call('linkNames', identity.vethPrefix);
    const owned = new Set(tables.endpoints.all().map(({ endpointId }) => identity.veth(endpointId)));
    const lost = names.filter((name) => !owned.has(name));
    if (lost.length > 0) await kernel.call('deleteLinks', lost);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
