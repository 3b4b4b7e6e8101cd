/** Where passwords and passphrases are kept: VS Code's SecretStorage has this shape. */
export interface SecretStore {
  get(key: string): Promise<string | undefined>;
  store(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface HostKeyQuestion {
  host: string;
  port: number;
  /** For example `ssh-ed25519`. */
  keyType: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  fingerprint: string;
  /** Sentences that the user should read before the answer. */
  notes: string[];
}

export interface PasswordQuestion {
  user: string;
  host: string;
  /** The one before was refused. */
  retry: boolean;
}

export interface PassphraseQuestion {
  file: string;
  retry: boolean;
}

export interface KeyboardQuestion {
  host: string;
  name: string;
  instructions: string;
  prompts: { prompt: string; echo: boolean }[];
}

/** `undefined` means that the user closed the question. */
export interface SecretAnswer {
  value: string;
  /** Keep it in the secret store once it was accepted. */
  remember: boolean;
}

export interface InstallQuestion {
  host: string;
  /** Programs, such as `crun`. */
  missing: string[];
  /** The exact command that would run as root. */
  command: string;
}

export type Step = 'reach' | 'probe' | 'install-packages' | 'upload' | 'install' | 'start' | 'connect';

export interface Progress {
  step: Step;
  message: string;
  /** Bytes, for uploads. */
  done?: number;
  total?: number;
}

/** How connecting talks to the user: VS Code's dialogs, or a terminal. It knows no editor. */
export interface Prompts {
  readonly secrets: SecretStore;
  trustHostKey(question: HostKeyQuestion): Promise<boolean>;
  password(question: PasswordQuestion): Promise<SecretAnswer | undefined>;
  passphrase(question: PassphraseQuestion): Promise<SecretAnswer | undefined>;
  keyboardInteractive(question: KeyboardQuestion): Promise<string[] | undefined>;
  installPackages(question: InstallQuestion): Promise<boolean>;
  progress(progress: Progress): void;
}
