import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callTcp } from './call-tcp.ts';
import { freePort } from './free-port.ts';
import { runOk } from './run.ts';
import { startProcess } from './start-process.ts';
import { makeTempDir } from './temp-dir.ts';

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`: the first part of its image names. */
  readonly host: string;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  /** Where its blobs lie, for tests that break one. */
  readonly storage: string;
  /** Pushes an OCI layout directory; returns the full name, e.g. `127.0.0.1:5000/demo:latest`. */
  push(layout: string, name: string): Promise<string>;
  output(): string;
}

/** The reference registry (`docker-registry` of Debian) on a loopback port, with storage of its own. */
export async function startRegistry(): Promise<Registry> {
  const dir = await makeTempDir('strata-registry-');
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const storage = join(dir.path, 'storage');
  try {
    const server = await serveRegistry(port, storage, dir.path);
    return {
      host,
      url: `http://${host}`,
      pid: server.pid,
      storage,
      push: async (layout, name) => {
        const target = `${host}/${name.includes(':') ? name : `${name}:latest`}`;
        await pushLayout(layout, target);
        return target;
      },
      output: () => server.output(),
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await dir[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a registry on a port and a storage directory that the caller owns. `more` are sections of its configuration. */
export async function serveRegistry(port: number, storage: string, configDir: string, more = '') {
  await mkdir(storage, { recursive: true });
  const configFile = join(configDir, `registry-${port}.yml`);
  await writeFile(configFile, registryConfig(port, storage) + more);
  return startProcess('docker-registry', ['serve', configFile], {
    ready: async () => [200, 401].includes((await callTcp(`http://127.0.0.1:${port}/v2/`)) ?? 0),
  });
}

function registryConfig(port: number, storage: string): string {
  return `version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: ${storage}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
`;
}

/** Pushes every blob of a layout as it is: manifests and layers keep their digests. */
export async function pushLayout(layout: string, target: string): Promise<void> {
  await runOk(
    'skopeo',
    [
      '--insecure-policy',
      'copy',
      '--quiet',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}`,
      `docker://${target}`,
    ],
    { timeout: 300_000 },
  );
}
