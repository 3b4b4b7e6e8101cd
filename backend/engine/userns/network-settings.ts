import { internal } from '../../base/errors.ts';
import { tryCommand } from '../../linux/run-command.ts';
import type { Container } from '../containers/container.ts';
import { joinNamespaces } from '../containers/join-namespaces.ts';
import type { EngineContext } from '../context.ts';

const isNetwork = (name: string): boolean => /^net[./]/.test(name);

/**
 * Sets the kernel's network settings of a container in a user namespace: crun opens them as nobody, and may not.
 * The root of this host may, in the network namespace alone.
 * @throws with the kernel's words, naming the setting
 */
export async function setNetworkSettings(
  context: Pick<EngineContext, 'containers' | 'layout'>,
  container: Container,
): Promise<void> {
  const settings = Object.entries(container.hostConfig.sysctls).filter(([name]) => isNetwork(name));
  if (settings.length === 0) return;
  const { network } = joinNamespaces(context, container);
  if (typeof network === 'string') return;
  for (const [name, value] of settings) {
    const file = `/proc/sys/${name.replaceAll('.', '/')}`;
    const write = ['sh', '-c', 'printf %s "$2" >"$1"', 'sh', file, value];
    const { code, stderr } = await tryCommand('nsenter', [`--net=${network.path}`, ...write]);
    if (code !== 0) throw internal(`cannot set sysctl ${name} to ${JSON.stringify(value)}: ${stderr.trim()}`);
  }
}

/** Those that are left for the runtime. */
export function otherSettings(sysctls: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(sysctls).filter(([name]) => !isNetwork(name)));
}
