import { isErrno, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { runCommand } from '../../linux/run-command.ts';
import type { KernelThread } from '../kernel/kernel-thread.ts';
import { removalText, ruleSetText, type RuleSet } from './rule-text.ts';
import { difference, type Translation } from './translations.ts';

/** Brings the kernel's rules in line with networks and published ports. */
export class Firewall {
  readonly #kernel: KernelThread;
  readonly #wanted: () => RuleSet;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param wanted is asked at the start of each transaction, so that it holds everything known by then. */
  constructor(kernel: KernelThread, wanted: () => RuleSet, logger: Logger) {
    this.#kernel = kernel;
    this.#wanted = wanted;
    this.#logger = logger;
  }

  get #table(): { family: 'inet'; name: string } {
    return { family: 'inet', name: this.#wanted().table };
  }

  present(): Promise<boolean> {
    return this.#kernel.call('hasTable', this.#table);
  }

  /** Makes the table where there is none, be it that somebody flushed it. */
  async ensure(): Promise<void> {
    if (!(await this.present())) await this.apply();
  }

  /**
   * Ports that come and go, of which `wanted` knows already. Single elements by netlink: replacing all rules takes
   * 10 ms for starting `nft`, and 10 more because it does not end before the kernel has freed the old ones.
   */
  async change(before: readonly Translation[], after: readonly Translation[]): Promise<void> {
    const [remove, add] = [difference(before, after), difference(after, before)];
    if (remove.length + add.length === 0) return;
    // The rules of a replacement under way were written without the new ones, and may take force after them.
    if (this.#running) await this.apply();
    else await this.#changeElements(remove, add);
    await this.#forgetFlows([...remove, ...add]);
  }

  async #changeElements(remove: readonly Translation[], add: readonly Translation[]): Promise<void> {
    try {
      await this.#kernel.call('changeTranslations', { table: this.#table, remove, add });
    } catch (error) {
      // The table is not there, or not as it was left.
      if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EEXIST')) throw error;
      await this.apply();
    }
  }

  async #forgetFlows(translations: readonly Translation[]): Promise<void> {
    const ports = translations.filter(({ protocol }) => protocol === 'udp').map(({ hostPort }) => hostPort);
    if (ports.length === 0) return;
    // Only a client that was there before is affected, and by no more than its first timeout.
    await this.#kernel.call('forgetFlows', ports).catch((error: unknown) => {
      this.#logger.warn(
        { error: messageOf(error), ports },
        'earlier flows of datagrams could not be forgotten',
      );
    });
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#running, this.#next]);
  }

  /**
   * Resolves when a transaction that began after this call is in force. Callers that come while one runs
   * share the next one: ten networks that are made at once need two transactions, not ten.
   */
  apply(): Promise<void> {
    if (!this.#running) return this.#begin();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#begin());
    return this.#next;
  }

  async remove(): Promise<void> {
    await runNft(`${removalText(this.#wanted().table)}\n`);
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
