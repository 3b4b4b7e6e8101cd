import { createListeners, type Dispose } from '../model/listeners.ts';
import type { Session } from './session.ts';

/** The machines that are connected now. News of any of them arrive at one place. */
export interface Sessions {
  all(): readonly Session[];
  get(machineId: string): Session | undefined;
  add(session: Session): void;
  remove(machineId: string): Promise<void>;
  onChange(listener: () => void): Dispose;
  close(): Promise<void>;
}

export function createSessions(): Sessions {
  const sessions = new Map<string, { session: Session; stop: Dispose }>();
  const changes = createListeners<void>();
  const remove = async (id: string) => {
    const entry = sessions.get(id);
    if (entry === undefined) return;
    sessions.delete(id);
    entry.stop();
    changes.fire();
    await entry.session.close();
  };
  return {
    all: () => Array.from(sessions.values(), (entry) => entry.session),
    get: (id) => sessions.get(id)?.session,
    add(session) {
      const stop = session.onChange(() => {
        // The connection ended for good by itself (and not by `remove`): the machine is not connected.
        if (session.connection.state === 'disconnected') remove(session.machine.id).catch(() => undefined);
        else changes.fire();
      });
      sessions.set(session.machine.id, { session, stop });
      changes.fire();
    },
    remove,
    onChange: (listener) => changes.add(listener),
    async close() {
      await Promise.allSettled(Array.from(sessions.keys(), remove));
    },
  };
}
