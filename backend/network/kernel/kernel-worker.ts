import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import { NamespaceLost } from '../../linux/netns.ts';
import { kernelCalls } from './kernel-calls.ts';

/** A call as the kernel thread gets it: which one, its arguments, and a number to answer under. */
export interface KernelRequest {
  id: number;
  name: keyof typeof kernelCalls;
  args: readonly unknown[];
}

export type KernelAnswer =
  | { id: number; result: unknown }
  | { id: number; failure: { message: string; code: string } };

parentPort?.on('message', (request: KernelRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(answer(request));
});

function answer({ id, name, args }: KernelRequest): KernelAnswer {
  try {
    const call = kernelCalls[name] as (...args: readonly unknown[]) => unknown;
    return { id, result: call(...args) };
  } catch (error) {
    // Ends the thread; the next call gets a new one, which starts in the daemon's own namespace.
    if (error instanceof NamespaceLost) throw error;
    // An error's own properties do not survive the way between threads.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { id, failure: { message: messageOf(error), code } };
  }
}
