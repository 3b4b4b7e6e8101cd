import { readFileSync } from 'node:fs';
import { internal } from '../base/errors.ts';
import { detach } from '../linux/mount.ts';
import { tryCommand } from '../linux/run-command.ts';
import { hidePassword } from './volume-options.ts';

export interface MountCommand {
  type: string;
  device: string;
  /** As mount(8) takes them after `-o`. */
  options: string;
}

/** A server that does not answer must not hold a start for ever. */
const TIMEOUT = 60_000;
/** Mounts may lie on one another; a daemon that died while it mounted leaves one more. */
const DEEPEST = 16;

/**
 * mount(8) and not the bare system call: it knows which options are flags, and finds loop devices. Without its
 * helpers (`-i`), so that a volume means the same with and without mount.nfs, as with Docker.
 */
export async function mountVolume(target: string, command: MountCommand): Promise<void> {
  const { type, device, options } = command;
  const args = ['-i', '-t', type, ...(options === '' ? [] : ['-o', options]), '--', device, target];
  const { code, stderr } = await tryCommand('mount', args, {
    timeout: TIMEOUT,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (code === 0) return;
  // mount(8) names neither the device's type nor, always, the target.
  const why = stderr.replaceAll(/\s+/g, ' ').trim() || `mount ended with ${code}`;
  throw internal(hidePassword(`failed to mount local volume: ${type} of ${device} on ${target}: ${why}`));
}

/** Running containers keep what they see: their own mount of it is another one. @throws internal when it stays */
export function unmountVolume(target: string): void {
  for (let depth = 0; isMounted(target); depth += 1) {
    if (depth === DEEPEST) throw internal(`cannot unmount ${target}`);
    detach(target);
  }
}

/** Told by the kernel's table, because a bind mount may come from the very same file system. */
export function isMounted(target: string): boolean {
  const escaped = target.replaceAll(
    /[\s\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${escaped} `);
}
