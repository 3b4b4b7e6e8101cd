const SHARED = 'container:';
/** The networks that every engine has, and the words that mean one of them. */
const PREDEFINED: ReadonlySet<string> = new Set(['bridge', 'host', 'none', 'default']);

/** Not the user's: it cannot be made or removed, and knows no aliases. */
export function isPredefined(name: string): boolean {
  return PREDEFINED.has(name) || name.startsWith(SHARED);
}

/** Of `container:<name or id>`, the container whose network namespace is shared. Null for every other mode. */
export function sharedContainer(networkMode: string): string | null {
  return networkMode.startsWith(SHARED) ? networkMode.slice(SHARED.length) : null;
}

/** What a missing network mode means. */
export function plainMode(networkMode: string): string {
  return networkMode === '' || networkMode === 'default' ? 'bridge' : networkMode;
}
