/** One sentence about this machine. `lacks` means that containers cannot run before it is mended. */
export interface Finding {
  verdict: 'ok' | 'note' | 'lacks';
  sentence: string;
}

export const ok = (sentence: string): Finding => ({ verdict: 'ok', sentence });
export const note = (sentence: string): Finding => ({ verdict: 'note', sentence });
export const lacks = (sentence: string): Finding => ({ verdict: 'lacks', sentence });
