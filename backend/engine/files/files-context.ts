import type { ArchiveWorkers } from '../../layer/archive/archive-workers.ts';
import type { EngineContext } from '../context.ts';
import type { ImageContext } from '../images/image-context.ts';

/** What the use cases of containers' files work with. */
export interface FilesContext {
  readonly engine: EngineContext;
  readonly images: ImageContext;
  readonly archives: ArchiveWorkers;
  /** How many jobs look at a container's mounted root file system, by its id: the last one unmounts it. */
  readonly views: Map<string, number>;
}
