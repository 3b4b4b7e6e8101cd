import { homedir } from 'node:os';
import type { Machine } from '../machines/machine.ts';
import { sshConfigHosts } from '../machines/ssh-config-hosts.ts';

/** The machines with the setting `strata.sshConfigFile` in force: it takes the place of `~/.ssh/config`. */
export async function machinesOfFile(machines: Machine[], configFile: string): Promise<Machine[]> {
  if (configFile === '') return machines;
  const kept = machines
    .filter((machine) => machine.kind === 'local' || machine.origin !== 'ssh-config')
    .map((machine) => (machine.kind === 'ssh' ? { configFile, ...machine } : machine));
  const ids = new Set(kept.map(({ id }) => id));
  const hosts = await sshConfigHosts(configFile, homedir());
  return [...kept, ...hosts.filter(({ id }) => !ids.has(id)).map((host) => ({ ...host, configFile }))];
}
