/** Everything that can go wrong between a click on "connect" and a connected machine. A closed set. */
export type FailureCode =
  | 'host-unreachable'
  | 'host-timeout'
  | 'proxy-failed'
  | 'auth-refused'
  | 'password-refused'
  | 'auth-cancelled'
  | 'host-key-declined'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'ssh-protocol'
  | 'no-root'
  | 'missing-programs'
  | 'install-declined'
  | 'install-failed'
  | 'no-libc'
  | 'unsupported-arch'
  | 'unsupported-system'
  | 'no-agent-parts'
  | 'agent-failed'
  | 'agent-silent'
  | 'forward-refused'
  | 'not-connected'
  | 'cancelled';

/** What the user can do next; the views turn an id into a button. */
export type FailureAction =
  | 'retry'
  | 'edit-machine'
  | 'choose-key'
  | 'enter-password'
  | 'open-known-hosts'
  | 'install-packages'
  | 'show-sudo-help'
  | 'show-log'
  | 'none';

export interface FailureDetail {
  action: FailureAction;
  /** A command that the user can copy, or a `file:line` to open. */
  command?: string | undefined;
  location?: string | undefined;
  /** What the other side said last, several lines. */
  log?: string | undefined;
  cause?: unknown;
}

/** A failure of connecting, in plain words. Never holds a password or a passphrase. */
export class ConnectFailure extends Error {
  readonly code: FailureCode;
  readonly action: FailureAction;
  readonly command: string | undefined;
  readonly location: string | undefined;
  readonly log: string | undefined;

  constructor(code: FailureCode, message: string, detail: FailureDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'ConnectFailure';
    this.code = code;
    this.action = detail.action;
    this.command = detail.command;
    this.location = detail.location;
    this.log = detail.log;
  }
}

const transient: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'host-unreachable',
  'host-timeout',
  'proxy-failed',
  'ssh-protocol',
  'agent-failed',
  'agent-silent',
  'forward-refused',
  'not-connected',
]);

/** Whether waiting and trying again can help: a network comes back, a changed host key does not. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ConnectFailure) || transient.has(error.code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function cancelled(): ConnectFailure {
  return new ConnectFailure('cancelled', 'connecting was cancelled', { action: 'retry' });
}
