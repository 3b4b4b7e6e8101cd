import { type EngineState, emptyState, type Stale, withContainer } from '../model/engine-state.ts';
import type { Api } from './api.ts';
import { listContainers } from './containers.ts';
import { listImages } from './images.ts';
import type { ContainerSummary } from './shapes/containers.ts';
import { listVolumes } from './volumes.ts';

/** Beyond this many stale containers one listing of all is cheaper. */
const manyContainers = 5;

export interface RefresherOptions {
  api: Api;
  signal: AbortSignal;
  report(error: unknown): void;
  changed(): void;
}

/** Collects what is stale and lists it again, one round at a time, so that answers cannot overtake each other. */
export class EngineRefresher {
  readonly #options: RefresherOptions;
  readonly #staleContainers = new Set<string>();
  #staleImages = false;
  #staleVolumes = false;
  /** An answer that was on its way when a container went must not bring it back; ids are never reused. */
  readonly #gone = new Set<string>();
  #state = emptyState;
  #running = false;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  async listAll(): Promise<void> {
    const { api, signal } = this.#options;
    const [containers, images, volumes] = await Promise.all([
      listContainers(api, { size: true, signal }),
      listImages(api, signal),
      listVolumes(api, signal),
    ]);
    this.#set({ containers: this.#present(containers), images, volumes });
    this.#options.changed();
  }

  add(news: Stale): void {
    if (news.kind === 'images') this.#staleImages = true;
    if (news.kind === 'volumes') this.#staleVolumes = true;
    if (news.kind === 'container') this.#staleContainers.add(news.id);
    if (news.kind === 'container-gone') {
      this.#staleContainers.delete(news.id);
      this.#gone.add(news.id);
      this.#state = withContainer(this.#state, news.id, undefined);
      this.#options.changed();
    }
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { signal, report } = this.#options;
    try {
      while (this.#isStale() && !signal.aborted) await this.#round();
    } catch (error) {
      if (!signal.aborted) report(error);
    } finally {
      this.#running = false;
    }
  }

  async #round(): Promise<void> {
    const { api, signal, changed } = this.#options;
    const ids = Array.from(this.#staleContainers);
    const wantImages = this.#staleImages;
    const wantVolumes = this.#staleVolumes;
    this.#staleContainers.clear();
    this.#staleImages = false;
    this.#staleVolumes = false;
    if (ids.length > manyContainers) {
      const containers = await listContainers(api, { size: true, signal });
      this.#set({ containers: this.#present(containers) });
    } else {
      for (const id of ids) {
        const found = this.#present(await listContainers(api, { id, size: true, signal }));
        this.#state = withContainer(
          this.#state,
          id,
          found.find((container) => container.Id === id),
        );
      }
    }
    if (wantImages) this.#set({ images: await listImages(api, signal) });
    if (wantVolumes) this.#set({ volumes: await listVolumes(api, signal) });
    changed();
  }

  #isStale(): boolean {
    return this.#staleContainers.size > 0 || this.#staleImages || this.#staleVolumes;
  }

  #set(part: Partial<EngineState>): void {
    this.#state = { ...this.#state, ...part };
  }

  #present(found: ContainerSummary[]): ContainerSummary[] {
    return found.filter((container) => !this.#gone.has(container.Id));
  }
}
