import { invalidArgument } from '../../base/errors.ts';
import type { Seccomp } from '../../oci/runtime-spec.ts';
import type { SeccompCondition, SeccompProfile, SeccompRule } from './seccomp-profile.ts';

/** Node's names of architectures → Go's (which profiles use) and the OCI's. */
const ARCHITECTURES: Readonly<Record<string, { go: string; oci: string }>> = {
  x64: { go: 'amd64', oci: 'SCMP_ARCH_X86_64' },
  arm64: { go: 'arm64', oci: 'SCMP_ARCH_AARCH64' },
  s390x: { go: 's390x', oci: 'SCMP_ARCH_S390X' },
  ppc64: { go: 'ppc64le', oci: 'SCMP_ARCH_PPC64LE' },
  riscv64: { go: 'riscv64', oci: 'SCMP_ARCH_RISCV64' },
};

/** A profile as the runtime takes it: conditions are decided by architecture and the process' capabilities. */
export function seccompOf(
  profile: SeccompProfile,
  architecture: string,
  capabilities: readonly string[],
): Seccomp {
  const known = ARCHITECTURES[architecture];
  if (!known) throw invalidArgument(`no seccomp profile for architecture ${architecture}`);
  const holds = profile.syscalls.filter((rule) => applies(rule, known.go, capabilities));
  return {
    defaultAction: profile.defaultAction,
    ...(typeof profile.defaultErrnoRet === 'number' ? { defaultErrnoRet: profile.defaultErrnoRet } : {}),
    architectures: profile.architectures ?? architecturesOf(profile, known.oci),
    syscalls: holds.map(ociRule),
  };
}

/** A 64-bit kernel also runs the 32-bit calls: without their architectures they would go unfiltered or be killed. */
function architecturesOf({ archMap }: SeccompProfile, native: string): string[] {
  const entry = archMap.find(({ architecture }) => architecture === native);
  return [native, ...(entry?.subArchitectures ?? [])];
}

// Condition `minKernel` always holds: the engine itself needs a kernel newer than any that profiles name.
function applies({ includes, excludes }: SeccompRule, arch: string, caps: readonly string[]): boolean {
  if (includes?.arches?.length && !includes.arches.includes(arch)) return false;
  if (includes?.caps?.length && !includes.caps.every((name) => caps.includes(name))) return false;
  return !excluded(excludes, arch, caps);
}

function excluded(
  condition: SeccompCondition | null | undefined,
  arch: string,
  caps: readonly string[],
): boolean {
  if (condition?.arches?.includes(arch)) return true;
  return condition?.caps?.some((name) => caps.includes(name)) ?? false;
}

function ociRule({ names, action, errnoRet, args }: SeccompRule): Seccomp['syscalls'][number] {
  return {
    names: [...names],
    action,
    ...(typeof errnoRet === 'number' ? { errnoRet } : {}),
    ...(args?.length
      ? {
          args: args.map(({ index, value, valueTwo, op }) => ({
            index,
            value,
            op,
            ...(typeof valueTwo === 'number' ? { valueTwo } : {}),
          })),
        }
      : {}),
  };
}
