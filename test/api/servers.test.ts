import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { fetchText } from '../support/call-tcp.ts';
import { freePort } from '../support/free-port.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

describe('servers in containers', function () {
  this.timeout(120_000);
  const fixture = useDaemon(['nginx', 'node']);
  const ok = (...args: string[]) => fixture.daemon.docker.ok(args);
  const answer = (url: string) => waitFor(`an answer from ${url}`, () => fetchText(url), { timeout: 15_000 });

  it('nginx answers on its published port and logs the request', async () => {
    const port = await freePort();
    await ok('run', '-d', '--name', 'web', '-p', `127.0.0.1:${port}:80`, fixture.image('nginx'));
    assert.match(await answer(`http://127.0.0.1:${port}/`), /nginx in a container/);
    await waitFor('the log line', async () => (await ok('logs', 'web')).includes('GET / HTTP/1.1'));
    assert.equal(await ok('port', 'web', '80/tcp'), `127.0.0.1:${port}`);
    await ok('rm', '-f', 'web');
    await assert.rejects(fetchText(`http://127.0.0.1:${port}/`, 1_000));
  });

  it('node answers on a port that the engine picked, and ends when asked to', async () => {
    await ok('run', '-d', '--name', 'api', '-p', '127.0.0.1::3000', fixture.image('node'));
    const address = await ok('port', 'api', '3000/tcp');
    const said = JSON.parse(await answer(`http://${address}/hello`)) as { path: string; node: string };
    assert.equal(said.path, '/hello');
    assert.match(said.node, /^v24\./);
    const started = Date.now();
    await ok('stop', 'api');
    assert.ok(Date.now() - started < 8_000);
    await ok('rm', 'api');
  });

  it('a port that is taken is refused by its number', async () => {
    const port = await freePort();
    await ok('run', '-d', '--name', 'first', '-p', `127.0.0.1:${port}:80`, fixture.image('nginx'));
    const second = await fixture.daemon.docker([
      'run',
      '-d',
      '-p',
      `127.0.0.1:${port}:80`,
      fixture.image('nginx'),
    ]);
    assert.equal(second.code, 125);
    assert.match(second.stderr, new RegExp(String(port)));
    await ok('rm', '-f', 'first');
  });
});
