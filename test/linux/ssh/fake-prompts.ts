import type {
  HostKeyQuestion,
  Progress,
  Prompts,
  SecretStore,
} from '../../../extension/connection/prompts.ts';

export interface ScriptedPrompts extends Prompts {
  readonly asked: string[];
  readonly hostKeys: HostKeyQuestion[];
  readonly steps: Progress[];
  readonly stored: Map<string, string>;
}

export interface Answers {
  trust?: boolean;
  password?: string | undefined;
  passphrase?: string;
  install?: boolean;
  remember?: boolean;
}

/** Answers questions as a user would who has made up their mind, and keeps what was asked. */
export function scriptedPrompts(answers: Answers = {}): ScriptedPrompts {
  const asked: string[] = [];
  const hostKeys: HostKeyQuestion[] = [];
  const steps: Progress[] = [];
  const stored = new Map<string, string>();
  const secrets: SecretStore = {
    get: async (key) => stored.get(key),
    store: async (key, value) => void stored.set(key, value),
    delete: async (key) => void stored.delete(key),
  };
  const secret = (value: string | undefined) =>
    value === undefined ? undefined : { value, remember: answers.remember ?? false };
  return {
    asked,
    hostKeys,
    steps,
    stored,
    secrets,
    trustHostKey: async (question) => {
      asked.push('host-key');
      hostKeys.push(question);
      return answers.trust ?? true;
    },
    password: async () => {
      asked.push('password');
      return secret(answers.password);
    },
    passphrase: async () => {
      asked.push('passphrase');
      return secret(answers.passphrase);
    },
    keyboardInteractive: async () => {
      asked.push('keyboard');
      return undefined;
    },
    installPackages: async ({ command }) => {
      asked.push(`install: ${command}`);
      return answers.install ?? false;
    },
    progress: (progress) => void steps.push(progress),
  };
}
