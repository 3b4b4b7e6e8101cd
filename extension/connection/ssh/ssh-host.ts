import type { Readable } from 'node:stream';
import { shellCommand, shellInput, type Host, type ScriptOptions } from '../bootstrap/host.ts';
import { quote } from '../bootstrap/instance.ts';
import { ConnectFailure } from '../failure.ts';
import type { ExecResult, SshLink } from './link.ts';

/** An upload of some 50 MB over a slow line takes a while; one that stands still is ended by the keepalive. */
const UPLOAD_TIMEOUT = 30 * 60_000;

/** A machine behind an SSH connection, for the bootstrap. */
export class SshHost implements Host {
  readonly name: string;
  readonly #link: SshLink;

  constructor(name: string, link: SshLink) {
    this.name = name;
    this.#link = link;
  }

  script(text: string, { as, ...options }: ScriptOptions = {}): Promise<ExecResult> {
    return this.#link.exec(shellCommand(as), { ...options, input: shellInput(text) });
  }

  async upload(path: string, source: Readable, signal: AbortSignal): Promise<void> {
    // Not sftp: some servers have none, and `cat` is as fast.
    const command = `cat >${quote(path)}`;
    const { code, stderr } = await this.#link.exec(command, {
      input: source,
      timeoutMs: UPLOAD_TIMEOUT,
      signal,
    });
    if (code === 0) return;
    throw new ConnectFailure(
      'install-failed',
      `${path} cannot be written on ${this.name}: ${stderr.trim()}`,
      {
        action: 'retry',
      },
    );
  }
}
