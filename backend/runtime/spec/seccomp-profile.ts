/** A profile in Docker's form: OCI rules with conditions on architecture, capabilities and kernel. */
export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number | null | undefined;
  /** OCI names; null: taken from archMap. */
  architectures: string[] | null;
  archMap: readonly { architecture: string; subArchitectures?: string[] | null | undefined }[];
  syscalls: readonly SeccompRule[];
}

export interface SeccompRule {
  names: readonly string[];
  action: string;
  errnoRet?: number | null | undefined;
  args?:
    | readonly { index: number; value: number; valueTwo?: number | null | undefined; op: string }[]
    | null
    | undefined;
  /** The rule counts only when all of it holds. Architectures by Go's names: amd64, arm64, … */
  includes?: SeccompCondition | null | undefined;
  /** The rule does not count when any of it holds. */
  excludes?: SeccompCondition | null | undefined;
}

export interface SeccompCondition {
  arches?: readonly string[] | null | undefined;
  caps?: readonly string[] | null | undefined;
  minKernel?: string | null | undefined;
}
