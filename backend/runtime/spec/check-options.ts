import { checkApparmor } from './build-process.ts';
import { checkInit } from './build-spec.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { HostFacts } from './host-facts.ts';
import { resourcesOf } from './resources.ts';
import { rlimitsOf } from './rlimits.ts';
import { securityOptions } from './security-options.ts';
import type { ProcessInput, ResourceInput, SpecInput } from './spec-input.ts';
import { sysctlsOf } from './sysctls.ts';
import { tmpfsOptions } from './tmpfs-options.ts';

type Options = Pick<ProcessInput, 'capAdd' | 'capDrop' | 'privileged' | 'securityOpt' | 'ulimits'> &
  Pick<SpecInput, 'sysctls' | 'network' | 'ipc' | 'tmpfs' | 'init'> & { resources: ResourceInput };

/**
 * All that can be said about a container's options before anything of it is made, so that a bad one is refused when
 * the container is created, not when it starts.
 * @throws as buildSpec does
 */
export function checkOptions(options: Options, host: HostFacts): void {
  if (options.init) checkInit(host);
  capabilitiesOf(options, host.capabilities);
  checkApparmor(securityOptions(options.securityOpt).apparmorProfile, host);
  rlimitsOf({ ulimits: options.ulimits, defaultUlimits: [] }, host);
  sysctlsOf(options);
  resourcesOf(options.resources, host);
  for (const text of Object.values(options.tmpfs)) tmpfsOptions(text);
}
