import { invalidArgument } from '../../base/errors.ts';
import type { SpecInput } from './spec-input.ts';

/** Settings of the IPC namespace, from ipc_namespaces(7). */
const IPC = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

/** Checked here because a setting that is not namespaced would change the host. @throws invalid-argument */
export function sysctlsOf({
  sysctls,
  ipc,
  network,
}: Pick<SpecInput, 'sysctls' | 'ipc' | 'network'>): Record<string, string> {
  for (const name of Object.keys(sysctls)) {
    if (!/^[\w./-]+$/.test(name) || /(^|\/)\.\.?(\/|$)/.test(name))
      throw invalidArgument(`invalid sysctl ${JSON.stringify(name)}`);
    const isIpc = IPC.has(name) || name.startsWith('fs.mqueue.');
    const isNet = /^net[./]/.test(name);
    if (!isIpc && !isNet)
      throw invalidArgument(`sysctl ${JSON.stringify(name)} is not in a separate kernel namespace`);
    if ((isIpc && ipc === 'host') || (isNet && network === 'host')) {
      throw invalidArgument(
        `sysctl ${JSON.stringify(name)} not allowed in host ${isIpc ? 'ipc' : 'network'} namespace`,
      );
    }
  }
  return { ...sysctls };
}
