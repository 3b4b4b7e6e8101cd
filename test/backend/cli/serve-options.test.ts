import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseServeOptions } from '../../../backend/cli/serve-options.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const refused = (message: RegExp) => ({ code: 'invalid-argument', message });

describe('the options of stratad serve', () => {
  it('have defaults', () => {
    const options = parseServeOptions([]);
    assert.equal(options.socket, '/run/strata/strata.sock');
    assert.equal(options.dataRoot, '/var/lib/strata');
    assert.equal(options.pidfile, null);
    assert.deepEqual(options.registryMirrors, []);
  });

  it('of the command line win over the file, which wins over the defaults', async () => {
    await using directory = await makeTempDir();
    const file = join(directory.path, 'config.json');
    await writeFile(
      file,
      JSON.stringify({ socket: '/a', 'run-root': '/b', 'insecure-registry': 'one:5000' }),
    );
    const options = parseServeOptions(['--config', file, '--socket', '/c']);
    assert.deepEqual([options.socket, options.runRoot], ['/c', '/b']);
    assert.deepEqual(options.insecureRegistries, ['one:5000']);
  });

  it('may be repeated where they are lists', () => {
    const args = ['--registry-mirror', 'http://a', '--registry-mirror', 'http://b'];
    assert.deepEqual(parseServeOptions(args).registryMirrors, ['http://a', 'http://b']);
    assert.deepEqual(
      parseServeOptions(['--default-ulimit', 'nofile=1:2', '--default-ulimit', 'core=0']).defaultUlimits,
      [
        { name: 'nofile', soft: 1, hard: 2 },
        { name: 'core', soft: 0, hard: 0 },
      ],
    );
  });

  it('that are wrong are refused by name', async () => {
    assert.throws(() => parseServeOptions(['--nope']), refused(/--nope/));
    assert.throws(() => parseServeOptions(['--socket', 'relative']), refused(/--socket.*absolute/));
    assert.throws(() => parseServeOptions(['--log-level', 'loud']), refused(/--log-level/));
    assert.throws(() => parseServeOptions(['--default-ulimit', 'nofile']), refused(/--default-ulimit/));
    await using directory = await makeTempDir();
    const file = join(directory.path, 'config.json');
    assert.throws(() => parseServeOptions(['--config', file]), refused(/config\.json/));
    await writeFile(file, '{');
    assert.throws(() => parseServeOptions(['--config', file]), refused(/config\.json/));
    await writeFile(file, '{"socket": 5, "typo": 1}');
    assert.throws(() => parseServeOptions(['--config', file]), { code: 'invalid-argument' });
  });
});
