import { join } from 'node:path';
import { logPath } from '../../engine/containers/bring-up.ts';
import type { EngineContext } from '../../engine/context.ts';
import { hexOf, type Digest } from '../../oci/digest.ts';
import type { Route } from '../route.ts';
import { clientOlderThan } from '../wire/client-version.ts';
import { containerInspect } from '../wire/container-inspect.ts';
import { flag } from '../wire/query.ts';
import { containerSize } from './image-name.ts';

export const inspectRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/:id/json',
  handle: async ({ params, query, raw }) => {
    const container = engine.containers.resolve(params['id'] ?? '');
    const { layout, snapshotter } = engine;
    const lowers = [...container.diffIds]
      .reverse()
      .map((diffId) => join(layout.layers, hexOf(diffId as Digest), 'fs'));
    const body = containerInspect(container, {
      execIds: engine.execs.unendedOf(container.id).map(({ id }) => id),
      // As with Docker, only json-file tells where its file is; the others' form may change.
      logPath: container.hostConfig.logConfig.type === 'json-file' ? logPath(engine, container.id) : '',
      layoutPath: (file) => join(layout.container(container.id), file),
      graph: {
        upper: snapshotter.upper(container.id),
        merged: join(layout.runContainer(container.id), 'rootfs'),
        lower: lowers.join(':'),
      },
      size: flag(query, 'size') ? await containerSize(engine, container) : null,
      idAsAlias: clientOlderThan(raw, '1.45'),
    });
    return { status: 200, body };
  },
});
