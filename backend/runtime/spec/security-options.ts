import { z } from 'zod';
import { invalidArgument, messageOf, notImplemented } from '../../base/errors.ts';
import type { SeccompProfile } from './seccomp-profile.ts';

export interface SecurityOptions {
  noNewPrivileges: boolean;
  seccomp: 'default' | 'unconfined' | SeccompProfile;
  /** False with `systempaths=unconfined`: nothing of /proc and /sys is hidden or read-only. */
  systemPathsConfined: boolean;
  /** Name of a profile that the host has loaded; null for none. */
  apparmorProfile: string | null;
}

/** Parses Docker's `--security-opt` values. @throws invalid-argument naming the one that is none. */
export function securityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: 'default',
    systemPathsConfined: true,
    apparmorProfile: null,
  };
  for (const option of options) apply(option, result);
  return result;
}

function apply(option: string, result: SecurityOptions): void {
  const { key, value } = split(option);
  if (key === 'no-new-privileges' && (value === '' || value === 'true' || value === 'false')) {
    result.noNewPrivileges = value !== 'false';
  } else if (key === 'seccomp') {
    result.seccomp = value === 'unconfined' ? value : value === 'builtin' ? 'default' : parseProfile(value);
  } else if (key === 'systempaths' && value === 'unconfined') {
    result.systemPathsConfined = false;
  } else if (key === 'apparmor') {
    result.apparmorProfile = value === 'unconfined' ? null : value;
  } else if (key === 'label' && value !== '' && value !== 'disable') {
    // `disable` is what we do anyway; a label that is asked for and not set would be a false promise.
    throw notImplemented(`security option ${option}: SELinux labels`);
  } else if (key !== 'label') {
    throw invalidArgument(`invalid --security-opt 2: ${JSON.stringify(option.slice(0, 100))}`);
  }
}

/** `key=value`, or the older `key:value`. */
function split(option: string): { key: string; value: string } {
  const at = option.search(/[=:]/);
  return at < 0 ? { key: option, value: '' } : { key: option.slice(0, at), value: option.slice(at + 1) };
}

const conditionSchema = z
  .object({
    arches: z.array(z.string()).nullish(),
    caps: z.array(z.string()).nullish(),
    minKernel: z.string().nullish(),
  })
  .nullish();

/** Docker's own profile format, which a user's file has too. Unknown fields are comments. */
const profileSchema = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.int().nullish(),
  architectures: z.array(z.string()).nullish(),
  archMap: z
    .array(z.object({ architecture: z.string(), subArchitectures: z.array(z.string()).nullish() }))
    .nullish(),
  syscalls: z
    .array(
      z.object({
        name: z.string().nullish(),
        names: z.array(z.string()).nullish(),
        action: z.string(),
        errnoRet: z.int().nullish(),
        args: z
          .array(
            z.object({
              index: z.int().min(0).max(5),
              value: z.number(),
              valueTwo: z.number().nullish(),
              op: z.string(),
            }),
          )
          .nullish(),
        includes: conditionSchema,
        excludes: conditionSchema,
      }),
    )
    .nullish(),
});

function parseProfile(text: string): SeccompProfile {
  try {
    const { architectures, archMap, syscalls, ...profile } = profileSchema.parse(JSON.parse(text));
    return {
      ...profile,
      architectures: architectures ?? null,
      archMap: archMap ?? [],
      syscalls: (syscalls ?? []).map(({ name, names, ...rule }) => ({
        ...rule,
        names: names ?? (name ? [name] : []),
      })),
    };
  } catch (error) {
    throw invalidArgument(`the seccomp profile cannot be read: ${messageOf(error)}`, error);
  }
}
