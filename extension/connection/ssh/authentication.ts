import type { AnyAuthMethod, AuthenticationType } from 'ssh2';
import type { SshTarget } from '../../machines/ssh-target.ts';
import { ConnectFailure } from '../failure.ts';
import type { Prompts, SecretAnswer } from '../prompts.ts';
import type { SessionSecrets } from '../session-secrets.ts';
import { findIdentities, type Identities } from './identities.ts';

const PASSWORD_ATTEMPTS = 3;

/**
 * Chooses how to prove who the user is, one attempt at a time: first nothing at all (which tells what the
 * host takes), then the agent's keys, key files, keyboard-interactive and password.
 */
export class Authentication {
  readonly #target: SshTarget;
  readonly #prompts: Prompts;
  readonly #secrets: SessionSecrets;
  #allowed: readonly AuthenticationType[] = [];
  #attempts: AsyncGenerator<AnyAuthMethod, void> | undefined;
  #identities: Identities | undefined;
  #keysTried = 0;
  #passwordsTried = 0;
  #cancelled = false;
  #toKeep: SecretAnswer | undefined;

  constructor(target: SshTarget, prompts: Prompts, secrets: SessionSecrets) {
    this.#target = target;
    this.#prompts = prompts;
    this.#secrets = secrets;
  }

  /** The next thing to try; `undefined` when nothing is left. `left` is what the host would still take. */
  async next(left: readonly AuthenticationType[] | null): Promise<AnyAuthMethod | undefined> {
    if (left === null) return { type: 'none', username: this.#target.user };
    this.#allowed = left;
    this.#attempts ??= this.#all();
    const { value } = await this.#attempts.next();
    return value ?? undefined;
  }

  /** Called when the host has let the user in: only now is a password known to be right. */
  async succeeded(): Promise<void> {
    if (this.#toKeep !== undefined) await this.#secrets.accept(this.#secret(), this.#toKeep);
  }

  /** The sentence for a host that refused everything. */
  failure(): ConnectFailure {
    const { user, hostName, identityFiles, unsupported } = this.#target;
    if (this.#cancelled) {
      return new ConnectFailure('auth-cancelled', `no password was given for ${user}@${hostName}`, {
        action: 'enter-password',
      });
    }
    if (this.#passwordsTried > 0) {
      return new ConnectFailure('password-refused', `${hostName} refused the password of ${user}`, {
        action: 'enter-password',
      });
    }
    const notes = [
      ...(this.#identities?.problems ?? []),
      ...unsupported.map((name) => `${name} is set in the ssh configuration and is not supported`),
    ];
    const tried =
      this.#keysTried === 0
        ? `no usable key was found (looked at ${identityFiles.join(', ') || 'no file'} and the ssh agent)`
        : `${this.#keysTried} ${this.#keysTried === 1 ? 'key was' : 'keys were'} tried`;
    return new ConnectFailure(
      'auth-refused',
      `${hostName} did not let ${user} in: ${tried}. The host takes: ${this.#allowed.join(', ') || 'nothing'}.` +
        notes.map((note) => ` Note: ${note}.`).join(''),
      { action: 'choose-key' },
    );
  }

  async *#all(): AsyncGenerator<AnyAuthMethod, void> {
    const username = this.#target.user;
    if (this.#takes('publickey')) {
      this.#identities = await findIdentities(this.#target, {
        prompts: this.#prompts,
        secrets: this.#secrets,
      });
      const { agent, agentKeys, files } = this.#identities;
      if (agent) {
        this.#keysTried += agentKeys;
        yield { type: 'agent', username, agent };
      }
      for (const identity of files) {
        if (!this.#takes('publickey')) break;
        const key = await identity.load();
        if (key === undefined) continue;
        this.#keysTried += 1;
        yield { type: 'publickey', username, key };
      }
    }
    // A host may ask for a key and a password, one after the other: what it takes is looked at again.
    for (let attempt = 0; attempt < PASSWORD_ATTEMPTS && this.#takes('keyboard-interactive'); attempt += 1) {
      if (this.#cancelled) return;
      yield { type: 'keyboard-interactive', username, prompt: this.#answer() };
    }
    while (this.#passwordsTried < PASSWORD_ATTEMPTS && this.#takes('password')) {
      const password = this.#cancelled ? undefined : await this.#password();
      if (password === undefined) return;
      yield { type: 'password', username, password };
    }
  }

  #takes(method: 'publickey' | 'keyboard-interactive' | 'password'): boolean {
    return this.#allowed.includes(method) && this.#target.methods.has(method);
  }

  #secret(): string {
    return `password:${this.#target.user}@${this.#target.hostName}:${this.#target.port}`;
  }

  async #password(): Promise<string | undefined> {
    const stored = await this.#secrets.get(this.#secret());
    if (stored !== undefined && this.#passwordsTried === 0) {
      this.#passwordsTried += 1;
      return stored;
    }
    if (stored !== undefined) await this.#secrets.forget(this.#secret());
    const { user, hostName } = this.#target;
    return this.#accept(
      await this.#prompts.password({ user, host: hostName, retry: this.#passwordsTried > 0 }),
    );
  }

  #accept(answer: SecretAnswer | undefined): string | undefined {
    if (answer === undefined) {
      this.#cancelled = true;
      return undefined;
    }
    this.#passwordsTried += 1;
    this.#toKeep = answer;
    return answer.value;
  }

  /** One hidden question is the password in other words; anything else goes to the user as it is. */
  #answer(): Extract<AnyAuthMethod, { type: 'keyboard-interactive' }>['prompt'] {
    return (name, instructions, _language, prompts, finish) => {
      const ask = async (): Promise<string[]> => {
        const questions = prompts.map(({ prompt, echo }) => ({ prompt, echo: echo === true }));
        const only =
          questions.length === 1 && questions[0]?.echo === false && /password/i.test(questions[0].prompt);
        if (only) return [(await this.#password()) ?? ''];
        const host = this.#target.hostName;
        const answers = await this.#prompts.keyboardInteractive({
          host,
          name,
          instructions,
          prompts: questions,
        });
        this.#cancelled = answers === undefined;
        this.#passwordsTried += 1;
        return answers ?? questions.map(() => '');
      };
      ask().then(finish, () => finish(prompts.map(() => '')));
    };
  }
}
