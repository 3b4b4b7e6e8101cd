import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { runCommand } from '../linux/run-command.ts';
import { additionText, removalText, ruleSetText, type Published, type RuleSet } from './nft-rules.ts';

/** Brings the kernel's rules in line with what is published. */
export class Firewall {
  readonly #wanted: () => RuleSet;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param wanted is asked at the start of each transaction, so that it holds everything known by then. */
  constructor(wanted: () => RuleSet, logger: Logger) {
    this.#wanted = wanted;
    this.#logger = logger;
  }

  /**
   * Adds the rules of new publications, which `wanted` knows already. Replacing all rules takes 10 ms longer:
   * nft does not end before the kernel has freed the old ones. A rule that gets added twice does no harm, and
   * goes with the next replacement.
   */
  async publish(published: readonly Published[]): Promise<void> {
    // The rules of a replacement under way were written without the new ones, and may take force after them.
    if (this.#running) return this.apply();
    const text = additionText({ ...this.#wanted(), published });
    // Loopback and IPv6 publications need no rule.
    if (text === '') return;
    try {
      await runNft(text);
    } catch {
      // The table is not there, or not as it was left.
      await this.apply();
    }
  }

  /** For withdrawn publications, whose addresses are not given out again at once: nobody has to wait. */
  applyLater(): void {
    this.apply().catch((error: unknown) => {
      this.#logger.warn({ error: messageOf(error) }, 'rules of withdrawn ports could not be removed');
    });
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#running, this.#next]);
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
