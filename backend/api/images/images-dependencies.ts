import type { FilesContext } from '../../engine/files/files-context.ts';
import type { ImageContext } from '../../engine/images/image-context.ts';

export interface ImageRoutesDependencies {
  context: ImageContext;
  /** Name of the snapshot driver, for `GraphDriver`. */
  driver: string;
  /** For importing an image. */
  files: FilesContext;
}
