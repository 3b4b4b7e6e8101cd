import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TempUser extends AsyncDisposable {
  readonly name: string;
  readonly password: string;
}

/** A user of this machine that goes away with its scope; with `sudo`, one that may become root without a password. */
export async function makeTempUser({ sudo = false } = {}): Promise<TempUser> {
  const name = `strata-t-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(9).toString('hex');
  await run('useradd', ['--create-home', '--shell', '/bin/sh', name]);
  const rule = `/etc/sudoers.d/${name}`;
  const remove = async (): Promise<void> => {
    await rm(rule, { force: true });
    // Its last processes may still be ending.
    await run('userdel', ['--remove', '--force', name]).catch(() => undefined);
  };
  try {
    const child = run('chpasswd', []);
    child.child.stdin?.end(`${name}:${password}\n`);
    await child;
    if (sudo) await writeFile(rule, `${name} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, password, [Symbol.asyncDispose]: remove };
}
