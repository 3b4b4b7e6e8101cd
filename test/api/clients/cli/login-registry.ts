import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureImage } from '../../../setup/images/ensure-image.ts';
import { runOk } from '../../../support/run.ts';
import { serveRegistry } from '../../../support/start-registry.ts';
import { freePort } from '../../../support/free-port.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

export interface LoginRegistry extends AsyncDisposable {
  readonly host: string;
  readonly user: string;
  readonly password: string;
}

const USER = 'tester';
const PASSWORD = 'let-me-in';
/** The password above, as `htpasswd -B` writes it. */
const HASH = '$2y$05$abcdefghijklmnopqrstuu3Jd./u/rH1RxB6auX5v7gLP6uWhKCgG';

/** A registry with busybox that asks for a name and a password. */
export async function startLoginRegistry(): Promise<LoginRegistry> {
  const stack = new AsyncDisposableStack();
  try {
    const { path } = stack.use(await makeTempDir('strata-login-'));
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const file = join(path, 'htpasswd');
    await writeFile(file, `${USER}:${HASH}\n`);
    const auth = `auth:\n  htpasswd:\n    realm: tests\n    path: ${file}\n`;
    stack.use(await serveRegistry(port, join(path, 'storage'), path, auth));
    const credentials = `--dest-creds=${USER}:${PASSWORD}`;
    const from = `oci:${await ensureImage('busybox')}`;
    const options = ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', credentials];
    await runOk('skopeo', [...options, from, `docker://${host}/busybox:latest`]);
    return { host, user: USER, password: PASSWORD, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
