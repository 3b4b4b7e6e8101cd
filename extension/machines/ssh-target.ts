/** Everything that is needed to reach one host, with all of the user's configuration applied. */
export interface SshTarget {
  /** What the user called it. */
  alias: string;
  hostName: string;
  port: number;
  user: string;
  /** Ways to sign in that the configuration leaves open. */
  methods: ReadonlySet<'publickey' | 'keyboard-interactive' | 'password'>;
  identityFiles: string[];
  identitiesOnly: boolean;
  /** Path of the ssh agent's socket (or pipe), when one may be asked. */
  agentSocket: string | undefined;
  userKnownHosts: string[];
  globalKnownHosts: string[];
  hostKeyAlias: string | undefined;
  /** `no` is treated as `accept-new`: a changed key is refused in any case. */
  unknownHostKey: 'ask' | 'refuse' | 'accept';
  hashKnownHosts: boolean;
  /** Hosts to go through, nearest first, as `[user@]host[:port]`. */
  proxyJump: string[];
  proxyCommand: string | undefined;
  connectTimeoutMs: number;
  /** The configuration file to read for the jump hosts, as with `ssh -F`. */
  configFile: string | undefined;
  /** Options that the user set and that are not supported, by name. */
  unsupported: string[];
}
