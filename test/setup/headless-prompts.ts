import type { Progress, Prompts } from '../../extension/connection/prompts.ts';
import { duration } from './step.ts';

/**
 * Answers what connecting asks, as a careful user would: the host key is trusted only when its fingerprint
 * is the one that the server was made with, and there is no password to give.
 */
export function terminalPrompts(fingerprint: string): { prompts: Prompts; did: () => string } {
  const stages = new Map<string, { from: number; to: number; bytes: number }>();
  const note = ({ step, total = 0 }: Progress) => {
    const now = performance.now();
    const stage = stages.get(step) ?? { from: now, to: now, bytes: total };
    stages.set(step, { ...stage, to: now, bytes: Math.max(stage.bytes, total) });
  };
  const did = () => {
    const all = [...stages];
    return all
      .map(([step, { from, bytes }], at) => {
        const until = all[at + 1]?.[1].from ?? performance.now();
        const size = bytes > 0 ? ` ${(bytes / 1e6).toFixed(0)} MB` : '';
        return `${step}${size} ${duration(until - from)}`;
      })
      .join(', ');
  };
  const prompts: Prompts = {
    secrets: { get: async () => undefined, store: async () => undefined, delete: async () => undefined },
    trustHostKey: async (question) => question.fingerprint === fingerprint,
    password: async () => undefined,
    passphrase: async () => undefined,
    keyboardInteractive: async () => undefined,
    // The Debian packages were installed by a step of their own.
    installPackages: async () => true,
    progress: note,
  };
  return { prompts, did };
}
