import type { SecretAnswer, SecretStore } from './prompts.ts';

/**
 * Secrets of one connection. An answer that was right is kept in memory as long as the connection lives,
 * so that a reconnect asks nothing; only what the user wants kept goes to the store.
 */
export class SessionSecrets {
  readonly #store: SecretStore;
  readonly #memory = new Map<string, string>();

  constructor(store: SecretStore) {
    this.#store = store;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#memory.get(key) ?? (await this.#store.get(key));
  }

  async accept(key: string, { value, remember }: SecretAnswer): Promise<void> {
    this.#memory.set(key, value);
    if (remember) await this.#store.store(key, value);
  }

  /** The secret turned out to be wrong. */
  async forget(key: string): Promise<void> {
    this.#memory.delete(key);
    await this.#store.delete(key);
  }
}
