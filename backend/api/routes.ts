import type { EngineContext } from '../engine/context.ts';
import { containerStack } from '../engine/containers/container-stack.ts';
import type { FilesContext } from '../engine/files/files-context.ts';
import type { ImageContext } from '../engine/images/image-context.ts';
import { attachRoute, attachWebSocketRoute } from './containers/attach.ts';
import { containerRoutes } from './containers/container-routes.ts';
import { fileRoutes } from './containers/file-routes.ts';
import { eventsRoute } from './events/events-route.ts';
import { execRoutes, execStartRoute } from './exec/exec-routes.ts';
import { imageRoutes } from './images/image-routes.ts';
import { networkRoutes } from './networks/network-routes.ts';
import type { Route } from './route.ts';
import type { HijackRoute } from './server/create-server.ts';
import { isolationRoute } from './strata/isolation-route.ts';
import { strataLayerRoutes } from './strata/layer-routes.ts';
import { strataVolumeRoutes } from './strata/volume-routes.ts';
import { absentKinds } from './system/absent-kinds.ts';
import { authRoute } from './system/auth.ts';
import { diskUsageRoute } from './system/disk-usage.ts';
import { infoRoute, type InfoDependencies } from './system/info.ts';
import { pingRoutes } from './system/ping.ts';
import { versionRoute } from './system/version.ts';
import { volumeRoutes } from './volumes/volume-routes.ts';

export interface ApiDependencies extends InfoDependencies {
  images: ImageContext;
  files: FilesContext;
}

/** Every plain endpoint. The first route that fits a path serves it. */
export function apiRoutes(dependencies: ApiDependencies): Route[] {
  const { engine, images, files } = dependencies;
  return [
    ...pingRoutes(),
    versionRoute(engine),
    infoRoute(dependencies),
    diskUsageRoute(engine, images),
    authRoute(images.registry),
    eventsRoute(engine.events),
    ...imageRoutes({ context: images, driver: 'overlay2', files }),
    ...containerRoutes(engine),
    ...fileRoutes(files),
    ...execRoutes(engine),
    isolationRoute(engine),
    ...strataLayerRoutes({ context: images, containerStack: (name) => containerStack(engine, name) }),
    ...strataVolumeRoutes(files),
    ...networkRoutes(engine),
    ...volumeRoutes(engine),
    ...absentKinds(),
  ];
}

export function hijackRoutes(engine: EngineContext): HijackRoute[] {
  return [attachRoute(engine), attachWebSocketRoute(engine), execStartRoute(engine)];
}
