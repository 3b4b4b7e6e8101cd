import { defaultInstance, type Instance } from '../connection/bootstrap/instance.ts';

export interface AgentSettings {
  /** Empty where the user did not say. */
  socket: string;
  dataRoot: string;
  runRoot: string;
}

/**
 * Where the agent lives, by the settings. One that lives elsewhere than usual stands beside the
 * machine's own: it gets no systemd unit, and its files go below its own run root.
 */
export function agentInstance({ socket, dataRoot, runRoot }: AgentSettings): Instance {
  if (socket === '' && dataRoot === '' && runRoot === '') return defaultInstance;
  const run = runRoot || defaultInstance.runRoot;
  return {
    ...defaultInstance,
    socket: socket || `${run}/strata.sock`,
    dataRoot: dataRoot || defaultInstance.dataRoot,
    runRoot: run,
    pidfile: `${run}/stratad.pid`,
    log: `${run}/stratad.log`,
    unit: undefined,
  };
}
