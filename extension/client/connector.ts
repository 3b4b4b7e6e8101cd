import { createListeners, type Dispose } from '../model/listeners.ts';
import type { Connection } from '../connection/connection.ts';
import { type MachineName, openSession } from './session.ts';
import type { Sessions } from './sessions.ts';

/** A machine as the list shows it. */
export interface MachineEntry extends MachineName {
  /** `local` is the machine that the extension runs on: its ports need no forward. */
  readonly kind: 'local' | 'ssh';
  /** Where it is, e.g. `user@host:22`. */
  readonly detail: string;
}

export interface ConnectorOptions {
  sessions: Sessions;
  listMachines(): Promise<readonly MachineEntry[]>;
  /** Connects; `report` gets what is going on, a short sentence at a time, with a share of 0 to 1 if known. */
  open(
    machine: MachineEntry,
    report: (message: string, share?: number) => void,
    signal: AbortSignal,
  ): Promise<Connection>;
  reportError(machine: MachineEntry, error: unknown): void;
}

/** Brings machines into the list of sessions; at most one attempt a machine at a time. */
export interface Connector {
  machines(): Promise<readonly MachineEntry[]>;
  isConnecting(machineId: string): boolean;
  connect(
    machine: MachineEntry,
    report: (message: string, share?: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  disconnect(machineId: string): Promise<void>;
  /** Fires when an attempt begins or ends, and when the list of machines may have changed. */
  onChange(listener: () => void): Dispose;
  machinesChanged(): void;
}

export function createConnector(options: ConnectorOptions): Connector {
  const { sessions } = options;
  const changes = createListeners<void>();
  const attempts = new Map<string, AbortController>();
  return {
    machines: () => options.listMachines(),
    isConnecting: (id) => attempts.has(id),
    async connect(machine, report, signal) {
      if (sessions.get(machine.id) !== undefined) return;
      if (attempts.has(machine.id)) throw new Error(`${machine.label} is being connected already`);
      const attempt = new AbortController();
      attempts.set(machine.id, attempt);
      changes.fire();
      try {
        const connection = await options.open(machine, report, AbortSignal.any([signal, attempt.signal]));
        sessions.add(openSession(machine, connection, (error) => options.reportError(machine, error)));
      } finally {
        attempts.delete(machine.id);
        changes.fire();
      }
    },
    async disconnect(id) {
      attempts.get(id)?.abort();
      await sessions.remove(id);
    },
    onChange: (listener) => changes.add(listener),
    machinesChanged: () => changes.fire(),
  };
}
