import { attachTerminal, inspectContainer, resizeContainer, startContainer } from '../client/containers.ts';
import type { Session } from '../client/session.ts';
import { showStreamTerminal } from './stream-terminal.ts';

/** Starts a created container and shows its terminal. Attached before the start, so that no output is lost. */
export function startInTerminal(session: Session, container: string, name: string): void {
  const { api } = session;
  showStreamTerminal(name, 'play', async (signal) => {
    const stream = await attachTerminal(api, container, signal);
    try {
      await startContainer(api, container);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return {
      stream,
      resize: (size) => resizeContainer(api, container, size),
      farewell: async () => {
        const details = await inspectContainer(api, container).catch(() => undefined);
        return details === undefined
          ? 'The container is gone.'
          : `The container ended with code ${details.State.ExitCode}.`;
      },
    };
  });
}
