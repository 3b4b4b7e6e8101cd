/** The machine that runs this extension. */
export interface LocalMachine {
  kind: 'local';
  id: 'local';
  label: string;
}

/** A Linux host behind SSH. What is not given here comes from the user's ssh configuration. */
export interface SshMachine {
  kind: 'ssh';
  /** Stable over restarts: `ssh:` and the name. */
  id: string;
  label: string;
  /** A host name, an address, or an alias of the ssh configuration. */
  host: string;
  origin: 'settings' | 'ssh-config';
  user?: string | undefined;
  port?: number | undefined;
  identityFile?: string | undefined;
  proxyJump?: string | undefined;
  /** Another configuration file than `~/.ssh/config`, as with `ssh -F`. */
  configFile?: string | undefined;
}

export type Machine = LocalMachine | SshMachine;

export const localMachine: LocalMachine = { kind: 'local', id: 'local', label: 'This machine' };
