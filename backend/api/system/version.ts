import { release, version as kernelBuild } from 'node:os';
import type { EngineContext } from '../../engine/context.ts';
import { VERSION } from '../../engine/version.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { Route } from '../route.ts';
import { API_VERSION, MIN_API_VERSION } from '../wire/api-version.ts';

export const versionRoute = ({ runtime }: Pick<EngineContext, 'runtime'>): Route => ({
  method: 'GET',
  path: '/version',
  handle: async () => {
    const { architecture, os } = hostPlatform();
    const engine = {
      ApiVersion: API_VERSION,
      MinAPIVersion: MIN_API_VERSION,
      Arch: architecture,
      Os: os,
      KernelVersion: release(),
      Experimental: 'false',
    };
    return {
      status: 200,
      body: {
        Platform: { Name: 'Strata' },
        Version: VERSION,
        ...engine,
        GitCommit: '',
        GoVersion: '',
        Experimental: false,
        BuildTime: '',
        Components: [
          { Name: 'Engine', Version: VERSION, Details: { ...engine, KernelBuild: kernelBuild() } },
          { Name: runtime.name, Version: runtime.version, Details: {} },
          { Name: runtime.monitor.name, Version: runtime.monitor.version, Details: {} },
          { Name: 'node', Version: process.versions.node, Details: {} },
        ],
      },
    };
  },
});
