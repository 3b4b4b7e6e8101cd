import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { hasOnlyLoopbackResolvers } from '../etc-files.ts';
import { exchangeTcp } from './exchange-tcp.ts';
import { exchangeUdp, type NameServer } from './exchange-udp.ts';
import { RCODE, rcodeOf, type Query } from './packet.ts';

export interface ResolvPaths {
  /** The host's own. */
  main: string;
  /** Where systemd-resolved names the servers that its stub at 127.0.0.53 asks. */
  behindStub: string;
}

export interface Ask {
  transport: 'udp' | 'tcp';
  /** Instead of the host's. */
  servers: readonly string[];
  signal: AbortSignal;
}

const PATHS: ResolvPaths = { main: '/etc/resolv.conf', behindStub: '/run/systemd/resolve/resolv.conf' };
/** As many as a C library asks, resolv.conf(5). */
const MAX_SERVERS = 3;
const TIMEOUT = 2000;
const LOOK_AGAIN = 1000;
const STUB = '127.0.0.53';

/** The servers that the host itself asks, as its files name them now. */
export class NameServers {
  readonly #paths: ResolvPaths;
  readonly #port: number;
  readonly #timeout: number;
  #servers: readonly NameServer[] = [];
  #looked = -Infinity;
  #version = '';

  constructor({ paths = PATHS, port = 53, timeout = TIMEOUT } = {}) {
    this.#paths = paths;
    this.#port = port;
    this.#timeout = timeout;
  }

  servers(): readonly NameServer[] {
    // A watch would cost a thread's wake-ups for a file that hardly ever changes, and lose it when it is replaced.
    const now = performance.now();
    if (now - this.#looked < LOOK_AGAIN) return this.#servers;
    this.#looked = now;
    const version = versionOf(this.#paths.main) + versionOf(this.#paths.behindStub);
    if (version !== this.#version) {
      this.#version = version;
      this.#servers = this.#toServers(nameServersOf(this.#read()));
    }
    return this.#servers;
  }

  /**
   * Each server in turn, until one knows. From the host's own network namespace, so its loopback may be asked.
   * @returns the last answer where all failed; undefined where none came
   */
  async ask(query: Query, { transport, servers, signal }: Ask): Promise<Buffer | undefined> {
    const exchange = transport === 'udp' ? exchangeUdp : exchangeTcp;
    const chosen = servers.length > 0 ? this.#toServers(servers) : this.servers();
    let failure: Buffer | undefined;
    for (const server of chosen.slice(0, MAX_SERVERS)) {
      if (signal.aborted) return undefined;
      try {
        const message = await exchange(server, query, { timeout: this.#timeout, signal });
        if (!isFailure(message)) return message;
        failure = message;
      } catch {
        // The next one may be there.
        continue;
      }
    }
    return failure;
  }

  #toServers(addresses: readonly string[]): NameServer[] {
    return addresses.map((address) => ({ address, port: this.#port }));
  }

  #read(): string {
    const text = readIfThere(this.#paths.main);
    if (!hasOnlyLoopbackResolvers(text) || !nameServersOf(text).includes(STUB)) return text;
    return readIfThere(this.#paths.behindStub) || text;
  }
}

/** A server that cannot answer now, or not us. That a name does not exist is an answer. */
function isFailure(message: Buffer): boolean {
  const rcode = rcodeOf(message);
  return rcode === RCODE.SERVFAIL || rcode === RCODE.REFUSED;
}

function versionOf(path: string): string {
  try {
    const { dev, ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${mtimeNs}:${size};`;
  } catch {
    return '-;';
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone, or not to be read: there is no server then.
    return '';
  }
}

function nameServersOf(resolv: string): string[] {
  return resolv.split('\n').flatMap((line) => {
    const address = /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1] ?? '';
    return isIP(address) === 0 ? [] : [address];
  });
}
