import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach } from 'mocha';
import type { ApiCall, ApiReply } from './api-client.ts';
import { useDaemon, type Fixture } from './use-daemon.ts';

const execute = promisify(execFile);

export interface VolumesFixture {
  readonly fixture: Fixture;
  ok(...args: string[]): Promise<string>;
  /** A request below /strata/v1/volumes. */
  call(path: string, request?: ApiCall): Promise<ApiReply>;
  /** The directory of a volume on the host. */
  data(name: string): string;
  /** Runs a script in a container that has the volume as its working directory. */
  inside(name: string, script: string): Promise<string>;
  /** Runs a script of the host in the directory of a volume. */
  onHost(name: string, script: string): Promise<string>;
}

/** A daemon whose containers and volumes go after each test, which must leave no mount and nothing half made. */
export function useVolumes(): VolumesFixture {
  const fixture = useDaemon(['busybox']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const data = (name: string) => join(fixture.daemon.dataRoot, 'volumes', name, '_data');
  afterEach(async () => {
    const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await ok('rm', '-fv', ...ids);
    const names = (await ok('volume', 'ls', '-q')).split('\n').filter(Boolean);
    for (const name of names) await ok('volume', 'rm', name);
    assert.deepEqual(await readdir(join(fixture.daemon.dataRoot, 'tmp')), []);
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    assert.doesNotMatch(mounts, new RegExp(`${fixture.daemon.dataRoot}/volumes`));
  });
  return {
    fixture,
    ok,
    data,
    call: (path, request) => fixture.daemon.call(`/strata/v1/volumes${path}`, request),
    inside: (name, script) => {
      const options = ['--rm', '--network', 'none', '-v', `${name}:/d`, '-w', '/d'];
      return ok('run', ...options, fixture.image('busybox'), 'sh', '-c', script);
    },
    onHost: async (name, script) => (await execute('sh', ['-c', script], { cwd: data(name) })).stdout,
  };
}
