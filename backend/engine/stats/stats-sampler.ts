import { messageOf } from '../../base/errors.ts';
import { readHostCpu, type HostCpu } from '../../linux/host-cpu.ts';
import { readInterfaceTraffic, type InterfaceTraffic } from '../../linux/net-dev.ts';
import type { ResourceUsage } from '../../runtime/stats/resource-usage.ts';
import type { Container } from '../containers/container.ts';
import { isUp } from '../containers/status.ts';
import type { EngineContext } from '../context.ts';

/** A container's use of the machine at one moment. `usage` is null while it does not run. */
export interface StatsSample {
  readAt: Date;
  usage: ResourceUsage | null;
  hostCpu: HostCpu;
  /** Null without a network of its own. */
  networks: Record<string, InterfaceTraffic> | null;
}

/** Called with every sample, and with null when the container has been removed. */
type StatsListener = (sample: StatsSample | null) => void;

interface Sampler {
  /** For those who come between two samples: spans stay a second long. */
  last: StatsSample | null;
  listeners: Set<StatsListener>;
  timer: NodeJS.Timeout;
  end: () => void;
}

/** Milliseconds between two samples, as with Docker. */
const CADENCE = 1000;

/** One reader per watched container, whoever watches; nothing runs while nobody does. */
export class StatsSampler {
  readonly #context: EngineContext;
  readonly #samplers = new Map<string, Sampler>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Now, whatever the cadence. */
  async sample({ state, sandbox, id }: Container): Promise<StatsSample> {
    const readAt = new Date();
    const hostCpu = readHostCpu();
    if (!isUp({ state })) return { readAt, usage: null, hostCpu, networks: null };
    const usage = await this.#context.runtime.usage(id);
    const own = sandbox === null || sandbox.netnsPath !== null;
    return { readAt, usage, hostCpu, networks: own ? readInterfaceTraffic(state.pid) : null };
  }

  /** A first sample comes at once, then one a second. @returns what ends the subscription */
  subscribe(container: Container, listener: StatsListener): () => void {
    const sampler = this.#samplers.get(container.id) ?? this.#start(container);
    sampler.listeners.add(listener);
    if (sampler.last) listener(sampler.last);
    return () => {
      sampler.listeners.delete(listener);
      if (sampler.listeners.size === 0) this.#stop(container.id, sampler);
    };
  }

  #start(container: Container): Sampler {
    const { live } = this.#context;
    const listeners = new Set<StatsListener>();
    const take = (): void => void this.#take(container, sampler);
    const end = live.of(container.id).onRemoved(() => {
      for (const listener of listeners) listener(null);
    });
    const sampler: Sampler = { last: null, listeners, timer: setInterval(take, CADENCE).unref(), end };
    this.#samplers.set(container.id, sampler);
    take();
    return sampler;
  }

  #stop(id: string, { timer, end }: Sampler): void {
    clearInterval(timer);
    end();
    this.#samplers.delete(id);
  }

  async #take(container: Container, sampler: Sampler): Promise<void> {
    try {
      const sample = await this.sample(container);
      sampler.last = sample;
      for (const listener of sampler.listeners) listener(sample);
    } catch (error) {
      // The cgroup may go while it is read; the next sample says that the container does not run.
      this.#context.logger.debug({ container: container.id, error: messageOf(error) }, 'no sample');
    }
  }
}
