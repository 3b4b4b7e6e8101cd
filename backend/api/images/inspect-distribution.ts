import { indexSchema } from '../../oci/manifest.ts';
import { DOCKER_LIST, OCI_INDEX } from '../../oci/media-types.ts';
import { parseReference } from '../../oci/reference.ts';
import { parseRegistryAuth } from '../../registry/credentials.ts';
import type { Route } from '../route.ts';
import type { ImageRoutesDependencies } from './images-dependencies.ts';

/** GET /distribution/{name}/json: what a registry has under a name, without pulling it. */
export function inspectDistribution({ context }: ImageRoutesDependencies): Route {
  return {
    method: 'GET',
    path: '/distribution/*name/json',
    handle: async ({ params, headers, signal }) => {
      const auth = headers['x-registry-auth'];
      const credentials = parseRegistryAuth(Array.isArray(auth) ? auth[0] : auth);
      const reference = parseReference(params['name'] ?? '');
      const { manifest } = await context.registry.resolve(reference, { credentials, signal });
      const { mediaType, digest, size } = manifest.descriptor;
      const isIndex = mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
      const entries = isIndex ? indexSchema.parse(manifest.json).manifests : [];
      const platforms = entries.flatMap(({ platform }) => platform ?? []);
      return { status: 200, body: { Descriptor: { mediaType, digest, size }, Platforms: platforms } };
    },
  };
}
