/** The networks that every engine has. */
const PREDEFINED: ReadonlySet<string> = new Set(['bridge', 'host', 'none']);

export function isPredefined(name: string): boolean {
  return PREDEFINED.has(name);
}

/** `container:<name or id>`: the network namespace of another container. Null for every other mode. */
export function sharedContainer(networkMode: string): string | null {
  return networkMode.startsWith('container:') ? networkMode.slice('container:'.length) : null;
}

/** What a missing network mode means. */
export function plainMode(networkMode: string): string {
  return networkMode === '' || networkMode === 'default' ? 'bridge' : networkMode;
}
