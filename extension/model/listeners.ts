export type Dispose = () => void;

/** Listeners of one kind of news, for parts that know no editor. */
export interface Listeners<T> {
  add(listener: (value: T) => void): Dispose;
  fire(value: T): void;
}

export function createListeners<T>(): Listeners<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    fire(value) {
      // A copy, because a listener may take itself off the list.
      for (const listener of Array.from(listeners)) listener(value);
    },
  };
}
