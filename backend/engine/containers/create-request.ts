import type { ContainerConfig, HostConfig } from './container.ts';
import type { EndpointSettings } from './container-networks.ts';

/** What a client asks for; null stands for "as the image says". */
export interface CreateRequest {
  name: string | null;
  config: Omit<ContainerConfig, 'entrypoint' | 'cmd' | 'stopSignal' | 'volumes' | 'exposedPorts'> & {
    entrypoint: string[] | null;
    cmd: string[] | null;
    stopSignal: string | null;
    volumes: string[];
    exposedPorts: string[];
  };
  hostConfig: HostConfig;
  /** By network name, in the order asked for; empty: the network mode's alone. */
  networks: Record<string, EndpointSettings>;
  /** `linux/arm64`; null for any. */
  platform: string | null;
}
