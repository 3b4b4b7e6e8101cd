import { forbidden, invalidArgument } from '../../base/errors.ts';
import type { Process } from '../../oci/runtime-spec.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { HostFacts } from './host-facts.ts';
import { rlimitsOf } from './rlimits.ts';
import { securityOptions } from './security-options.ts';
import type { ProcessInput } from './spec-input.ts';

/** The process of a container or of an exec. @throws with what cannot be given, by its name. */
export function buildProcess(input: ProcessInput, host: HostFacts): Process {
  const { noNewPrivileges, apparmorProfile } = securityOptions(input.securityOpt);
  const capabilities = capabilitiesOf(input, host.capabilities);
  const { uid, gid, additionalGids } = input.user;
  checkApparmor(apparmorProfile, host);
  if (input.args.length === 0 || input.args[0] === '') throw invalidArgument('no command specified');
  return {
    terminal: input.tty,
    ...(input.tty && input.consoleSize
      ? { consoleSize: { height: input.consoleSize.rows, width: input.consoleSize.columns } }
      : {}),
    user: { uid, gid, additionalGids },
    args: input.args,
    env: input.env,
    cwd: absoluteCwd(input.cwd),
    // Without inheritable and ambient ones a user other than root has none after exec, as with Docker.
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
      ambient: [],
    },
    rlimits: rlimitsOf(input, host),
    noNewPrivileges,
    oomScoreAdj: oomScore(input.oomScoreAdj, host),
    ...(apparmorProfile === null || input.privileged ? {} : { apparmorProfile }),
  };
}

/** @throws invalid-argument for a profile on a host without AppArmor */
export function checkApparmor(profile: string | null, { apparmor }: Pick<HostFacts, 'apparmor'>): void {
  if (profile === null || apparmor) return;
  throw invalidArgument(
    `AppArmor is not enabled on this host: the profile ${JSON.stringify(profile)} cannot be applied`,
  );
}

function absoluteCwd(cwd: string): string {
  if (cwd === '') return '/';
  if (!cwd.startsWith('/'))
    throw invalidArgument(`the working directory ${JSON.stringify(cwd)} must be absolute`);
  return cwd;
}

/** Lowering it below the daemon's own takes CAP_SYS_RESOURCE; then the default gives way and a wish is refused. */
function oomScore(wanted: number, { oomScoreAdj: own, capabilities }: HostFacts): number {
  if (wanted < -1000 || wanted > 1000) {
    throw invalidArgument(`Invalid value ${wanted}, range for oom score adj is [-1000, 1000]`);
  }
  if (wanted >= own || capabilities.includes('CAP_SYS_RESOURCE')) return wanted;
  if (wanted === 0) return own;
  throw forbidden(`oom score ${wanted} is below stratad's own ${own}, which takes CAP_SYS_RESOURCE`);
}
