import { effectiveConfig } from '../machines/effective-config.ts';
import type { SshMachine } from '../machines/machine.ts';
import { parseAddress } from '../machines/settings.ts';
import type { SshTarget } from '../machines/ssh-target.ts';
import { ConnectFailure, messageOf } from './failure.ts';
import { reachAgent, type Establishing } from './reach-agent.ts';
import { openSshLink } from './ssh/open-link.ts';
import { SshHost } from './ssh/ssh-host.ts';
import type { Transport } from './transport.ts';

/** SSH connection → agent in place → a way to its socket. @throws ConnectFailure */
export async function establishSsh(machine: SshMachine, context: Establishing): Promise<Transport> {
  const { prompts, secrets, options, signal } = context;
  const target = await configOf(machine);
  const link = await openSshLink(target, {
    prompts,
    secrets,
    signal,
    resolveJump,
    keepaliveMs: options.times.keepalive,
  });
  try {
    const host = new SshHost(machine.label, link);
    return await reachAgent(host, link, context);
  } catch (error) {
    link.end();
    throw error;
  }
}

async function configOf(machine: SshMachine): Promise<SshTarget> {
  try {
    return await effectiveConfig(machine);
  } catch (error) {
    throw new ConnectFailure('ssh-protocol', messageOf(error), { action: 'edit-machine', cause: error });
  }
}

/** A jump host has a configuration of its own, as if the user had typed `ssh HOST`. */
async function resolveJump(spec: string, target: SshTarget): Promise<SshTarget> {
  const machine = parseAddress(spec);
  if (typeof machine === 'string') {
    throw new ConnectFailure('proxy-failed', `ProxyJump ${machine}`, { action: 'edit-machine' });
  }
  return configOf({ ...machine, configFile: target.configFile });
}
