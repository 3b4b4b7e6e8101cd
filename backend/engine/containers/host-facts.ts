import { readHostFacts, type HostFacts } from '../../runtime/spec/host-facts.ts';

let facts: HostFacts | undefined;

/** Read once: they do not change while the daemon lives. */
export function hostFacts(): HostFacts {
  facts ??= readHostFacts();
  return facts;
}
