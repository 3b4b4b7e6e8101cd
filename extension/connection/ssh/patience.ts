import type { Prompts } from '../prompts.ts';

/**
 * A time limit for the far end, not for the user: it stands still while a question is open.
 * ssh2's own limit runs on while the user types a password.
 */
export class Patience {
  readonly #ms: number;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #questions = 0;
  #over = false;

  constructor(ms: number, expired: () => void) {
    this.#ms = ms;
    this.#expired = expired;
    this.restart();
  }

  /** The far end did something: the limit starts anew. */
  restart(): void {
    clearTimeout(this.#timer);
    if (this.#over || this.#questions > 0) return;
    this.#timer = setTimeout(this.#expired, this.#ms);
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** The same prompts; the limit stands still until an answer comes. */
  around(prompts: Prompts): Prompts {
    return {
      ...prompts,
      secrets: prompts.secrets,
      trustHostKey: (question) => this.#hold(prompts.trustHostKey(question)),
      password: (question) => this.#hold(prompts.password(question)),
      passphrase: (question) => this.#hold(prompts.passphrase(question)),
      keyboardInteractive: (question) => this.#hold(prompts.keyboardInteractive(question)),
      installPackages: (question) => prompts.installPackages(question),
      progress: (progress) => prompts.progress(progress),
    };
  }

  async #hold<T>(answer: Promise<T>): Promise<T> {
    this.#questions += 1;
    clearTimeout(this.#timer);
    try {
      return await answer;
    } finally {
      this.#questions -= 1;
      this.restart();
    }
  }
}
