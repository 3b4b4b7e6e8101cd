import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { useDaemon } from '../support/use-daemon.ts';

describe('requests that are wrong', function () {
  this.timeout(30_000);
  const fixture = useDaemon(['busybox']);
  const call = (...args: Parameters<typeof fixture.daemon.call>) => fixture.daemon.call(...args);
  const create = (body: unknown) => call('/v1.51/containers/create', { method: 'POST', body });
  const messageOf = (reply: { json(): unknown }) => (reply.json() as { message: string }).message;

  const wrong: [field: string, body: unknown][] = [
    ['Image', {}],
    ['Image', { Image: 7 }],
    ['Cmd', { Image: 'x', Cmd: 7 }],
    ['Env', { Image: 'x', Env: [1] }],
    ['Memory', { Image: 'x', HostConfig: { Memory: 'much' } }],
    ['Binds', { Image: 'x', HostConfig: { Binds: 'a:b' } }],
    ['PortBindings', { Image: 'x', HostConfig: { PortBindings: [] } }],
    ['RestartPolicy', { Image: 'x', HostConfig: { RestartPolicy: { Name: 'sometimes' } } }],
  ];
  for (const [field, body] of wrong) {
    it(`answers 400 and names ${field} for ${JSON.stringify(body)}`, async () => {
      const reply = await create(body);
      assert.equal(reply.status, 400, reply.text);
      assert.match(messageOf(reply), new RegExp(field, 'i'));
    });
  }

  it('answers 400 to a body that is no JSON', async () => {
    const reply = await call('/containers/create', {
      method: 'POST',
      body: '{"Image": ',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(reply.status, 400);
    assert.ok(messageOf(reply).length > 0);
  });

  it('answers 404 to unknown ids and names them', async () => {
    for (const path of [
      '/containers/nothing/json',
      '/images/nothing/json',
      '/exec/nothing/json',
      '/networks/nothing',
      '/volumes/nothing',
    ]) {
      const reply = await call(path);
      assert.equal(reply.status, 404, `${path}: ${reply.text}`);
      assert.match(messageOf(reply), /nothing/, path);
    }
  });

  it('answers 400 to a prefix that two containers share', async () => {
    const ids: string[] = [];
    // 17 ids of 16 possible first digits: two of them begin alike.
    for (let i = 0; i < 17; i += 1)
      ids.push(await fixture.daemon.docker.ok(['create', fixture.image('busybox')]));
    const prefix = ids.map((id) => id.slice(0, 1)).find((digit, at, all) => all.indexOf(digit) !== at) ?? '';
    const reply = await call(`/containers/${prefix}/json`);
    assert.equal(reply.status, 400, reply.text);
    assert.match(messageOf(reply), new RegExp(prefix));
    await fixture.daemon.docker.ok(['rm', ...ids]);
  });

  it('negotiates its version and names it in the headers', async () => {
    const reply = await call('/_ping');
    assert.equal(reply.headers['api-version'], '1.51');
    assert.equal(reply.headers['ostype'], 'linux');
    assert.equal((await call('/v1.24/version')).status, 200);
    const newer = await call('/v9.99/version');
    assert.equal(newer.status, 400);
    assert.match(messageOf(newer), /9\.99/);
  });

  it('answers 501 to what is not built yet, [] to its lists, and never pretends', async () => {
    const swarm = await call('/swarm/init', { method: 'POST', body: {} });
    assert.ok([404, 501, 503].includes(swarm.status), swarm.text);
    assert.match(messageOf(swarm), /swarm/i);
    assert.deepEqual((await call('/plugins')).json(), []);
    const save = await call('/images/busybox/get');
    assert.equal(save.status, 501, save.text);
  });
});
