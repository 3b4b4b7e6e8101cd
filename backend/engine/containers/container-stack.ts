import type { Digest } from '../../oci/digest.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerStack } from '../layers/layer-stack.ts';

/** What a container's file system is made of, for the explorers: layers, writable layer, mounts. @throws not-found */
export async function containerStack(
  { containers, snapshotter }: Pick<EngineContext, 'containers' | 'snapshotter'>,
  reference: string,
): Promise<ContainerStack> {
  const { id, imageId, diffIds, mountPoints, idMapping } = containers.resolve(reference);
  return {
    id,
    imageId: imageId as Digest,
    diffIds: diffIds as Digest[],
    upperDir: snapshotter.upper(id),
    idMapping,
    mounts: [
      ...mountPoints.map(({ destination, type, name, source }) => ({
        destination,
        description: type === 'tmpfs' ? 'tmpfs' : `${type} ${name ?? source}`,
      })),
      ...MANAGED.map((destination) => ({
        destination,
        description: 'written by the engine for this container',
      })),
    ],
  };
}

/** Mounted over whatever the image has there: engine/containers/prepare-mounts.ts. */
const MANAGED = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
