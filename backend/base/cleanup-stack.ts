import { messageOf } from './errors.ts';

type Undo = () => void | Promise<void>;

/**
 * Undo steps of an operation under way. Acquire, `defer` the undo, `release` on success.
 *
 * Used with `await using`: when the scope is left without `release()`, every step runs in
 * reverse order, also after one of them fails; failures are collected into one AggregateError.
 */
export class CleanupStack implements AsyncDisposable {
  #steps: Undo[] = [];

  defer(undo: Undo): void {
    this.#steps.push(undo);
  }

  /** The operation succeeded: nothing is undone any more. */
  release(): void {
    this.#steps = [];
  }

  /** The steps, for somebody who runs them later; this stack is empty then. */
  move(): CleanupStack {
    const moved = new CleanupStack();
    moved.#steps = this.#steps;
    this.#steps = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const steps = this.#steps.reverse();
    this.#steps = [];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, `undo failed: ${failures.map(messageOf).join('; ')}`);
    }
  }
}
