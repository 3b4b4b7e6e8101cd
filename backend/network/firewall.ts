import { runCommand } from '../linux/run-command.ts';
import { removalText, ruleSetText, type RuleSet } from './nft-rules.ts';

/** Brings the kernel's rules in line with what is published. */
export class Firewall {
  readonly #wanted: () => RuleSet;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param wanted is asked at the start of each transaction, so that it holds everything known by then. */
  constructor(wanted: () => RuleSet) {
    this.#wanted = wanted;
  }

  /**
   * Resolves when a transaction that began after this call is in force. Callers that come while one runs
   * share the next one: ten containers that start at once need two transactions, not ten.
   */
  apply(): Promise<void> {
    if (!this.#running) return this.#begin();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#begin());
    return this.#next;
  }

  async remove(table: string): Promise<void> {
    await runNft(removalText(table));
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const running = runNft(ruleSetText(this.#wanted())).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

async function runNft(text: string): Promise<void> {
  await runCommand('nft', ['-f', '-'], { input: text, timeout: 15_000 });
}
