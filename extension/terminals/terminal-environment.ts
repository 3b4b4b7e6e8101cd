import type * as vscode from 'vscode';
import type { Session } from '../client/session.ts';
import type { Sessions } from '../client/sessions.ts';
import { dockerHostOf } from '../model/docker-host.ts';

/**
 * Points the integrated terminals at one machine's engine: `docker`, compose and Dev Containers
 * find it by DOCKER_HOST. The machine that was connected last is taken, until the user chooses.
 */
export interface TerminalEnvironment {
  readonly machineId: string | undefined;
  use(machineId: string): void;
}

export function createTerminalEnvironment(
  variables: vscode.GlobalEnvironmentVariableCollection,
  sessions: Sessions,
): TerminalEnvironment {
  let chosen: string | undefined;
  let applied: string | undefined;
  // Not kept over a restart of the editor: the socket exists only while the machine is connected.
  variables.persistent = false;

  const apply = () => {
    const session = pick(sessions, chosen);
    chosen = session?.machine.id;
    const host = session === undefined ? undefined : dockerHostOf(session.connection.localSocket);
    if (host === applied) return;
    applied = host;
    variables.clear();
    if (session === undefined || host === undefined) return;
    variables.description = `Strata: docker speaks to ${session.machine.label}`;
    variables.replace('DOCKER_HOST', host);
  };

  variables.clear();
  sessions.onChange(apply);
  return {
    get machineId() {
      return chosen;
    },
    use(machineId) {
      chosen = machineId;
      apply();
    },
  };
}

function pick(sessions: Sessions, chosen: string | undefined): Session | undefined {
  return (chosen === undefined ? undefined : sessions.get(chosen)) ?? sessions.all().at(-1);
}
