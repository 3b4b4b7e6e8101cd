import { conflict, notFound } from '../../base/errors.ts';
import type { RunningExec } from '../../runtime/runtime.ts';

export interface ExecConfig {
  cmd: string[];
  env: string[];
  user: string;
  workingDir: string;
  tty: boolean;
  privileged: boolean;
  attachStdin: boolean;
  attachStdout: boolean;
  attachStderr: boolean;
  detachKeys: string;
  /** Rows and columns that the terminal begins with; null where the client has not said. */
  consoleSize: [rows: number, columns: number] | null;
}

/** A command inside a running container. Lives in memory: an exec ends with its container or is lost with the daemon. */
export interface Exec {
  id: string;
  containerId: string;
  config: ExecConfig;
  state: 'created' | 'running' | 'exited';
  exitCode: number | null;
  running: RunningExec | null;
}

/** Ended execs are kept a while: clients ask for the exit code after the stream has closed. */
const KEEP_ENDED = 5 * 60_000;

export class ExecSet {
  readonly #byId = new Map<string, Exec>();

  add(exec: Exec): void {
    this.#byId.set(exec.id, exec);
  }

  /** @throws not-found */
  get(id: string): Exec {
    const exec = this.#byId.get(id);
    if (!exec) throw notFound(`No such exec instance: ${id}`);
    return exec;
  }

  ofContainer(containerId: string): Exec[] {
    return [...this.#byId.values()].filter((exec) => exec.containerId === containerId);
  }

  /** As inspect shows them: with their end they are gone from their container. */
  unendedOf(containerId: string): Exec[] {
    return this.ofContainer(containerId).filter(({ state }) => state !== 'exited');
  }

  /** @throws conflict unless it was created and not started yet */
  claim(id: string): Exec {
    const exec = this.get(id);
    if (exec.state === 'running') throw conflict(`Error: Exec command ${id} is already running`);
    if (exec.state === 'exited') throw conflict(`Error: Exec command ${id} has already run`);
    exec.state = 'running';
    return exec;
  }

  /** The container is removed: what has not begun never will. */
  forgetUnstarted(containerId: string): void {
    for (const { id, state } of this.ofContainer(containerId)) if (state === 'created') this.#byId.delete(id);
  }

  forget(id: string): void {
    this.#byId.delete(id);
  }

  ended(exec: Exec, exitCode: number): void {
    exec.state = 'exited';
    exec.exitCode = exitCode;
    exec.running = null;
    setTimeout(() => this.#byId.delete(exec.id), KEEP_ENDED).unref();
  }
}
