import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeSpec } from '../../oci/runtime-spec.ts';

/** Raw filter for crun, base64; it is then taken as it is (crun(1), annotations). */
const ANNOTATION = 'run.oci.seccomp_bpf_data';
/** Filters of as many different profiles are kept; with one per capability set there are a few. */
const MOST = 32;

/**
 * Compiling Docker's profile into a filter costs crun more than all the rest of `create` (12 of 30 ms, for the three
 * architectures of a 64-bit PC). crun leaves the compiled filter in its state directory, for execs; it is kept here and
 * given to the next container with the same profile. The profile stays in the spec, for a crun that does not
 * know the annotation. runc has nothing of the kind.
 */
export class SeccompCache {
  readonly #filters = new Map<string, string>();
  readonly #stateRoot: string;

  constructor(stateRoot: string) {
    this.#stateRoot = stateRoot;
  }

  withFilter(spec: RuntimeSpec): RuntimeSpec {
    const filter = spec.linux.seccomp && this.#filters.get(keyOf(spec));
    return filter ? { ...spec, annotations: { ...spec.annotations, [ANNOTATION]: filter } } : spec;
  }

  /** After crun has created the container. */
  async remember(spec: RuntimeSpec, id: string): Promise<void> {
    if (!spec.linux.seccomp || this.#filters.has(keyOf(spec)) || this.#filters.size >= MOST) return;
    const filter = await readFile(join(this.#stateRoot, id, 'seccomp.bpf')).catch(() => null);
    if (filter && filter.length > 0) this.#filters.set(keyOf(spec), filter.toString('base64'));
  }
}

const keyOf = ({ linux }: RuntimeSpec): string => JSON.stringify(linux.seccomp);
