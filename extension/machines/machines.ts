import { homedir } from 'node:os';
import { join } from 'node:path';
import { localMachine, type Machine } from './machine.ts';
import { parseMachineSettings } from './settings.ts';
import { sshConfigHosts } from './ssh-config-hosts.ts';

export interface MachineList {
  machines: Machine[];
  /** Sentences about settings that could not be read. */
  problems: string[];
}

/**
 * What the user can connect to: this machine where it can run containers at all, the machines of the
 * setting, and the hosts of the ssh configuration. The setting wins where both name a machine.
 */
export async function listMachines(setting: unknown, home: string = homedir()): Promise<MachineList> {
  const { machines: configured, problems } = parseMachineSettings(setting);
  const known = new Set(configured.map(({ id }) => id));
  const hosts = await sshConfigHosts(join(home, '.ssh', 'config'), home);
  const local = process.platform === 'linux' ? [localMachine] : [];
  return { machines: [...local, ...configured, ...hosts.filter(({ id }) => !known.has(id))], problems };
}
