const host = acquireVsCodeApi();

/** What survives while the panel is hidden. */
export const kept = { position: null, view: 'changes', path: undefined, filter: '', ...host.getState() };

export function keep(part) {
  host.setState(Object.assign(kept, part));
}

export function send(message) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window, it has no origin
  host.postMessage(message);
}
