import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { fetchText } from '../../support/call-tcp.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';
import { lines, type Client } from './cli/client.ts';
import { composeClient, makeProject } from './compose/project.ts';
import { useEngine } from './use-engine.ts';

const SLEEP = 'image: busybox\n    command: sleep 300\n    stop_grace_period: 0s';

describe('docker compose', function () {
  this.timeout(40_000);
  const engine = useEngine(['busybox', 'nginx']);
  let client: Client;
  before(async () => {
    client = await composeClient(engine);
  });

  it('up starts what a file describes, ps lists it, a port answers, down takes all away', async () => {
    const port = await freePort();
    const project = await makeProject(
      client,
      'web',
      `services:
  web:
    image: nginx
    ports: ["127.0.0.1:${port}:80"]
    volumes: [pages:/var/www/html]
  side:
    ${SLEEP}
    environment: { COLOUR: green }
volumes: { pages: {} }
`,
    );
    await project.ok('up', '-d', '--quiet-pull');
    assert.match(
      await waitFor('the page', () => fetchText(`http://127.0.0.1:${port}/`)),
      /nginx in a container/,
    );
    assert.deepEqual(lines(await project.ok('ps', '--services')).toSorted(), ['side', 'web']);
    assert.match(await project.ok('ps'), /web-web-1 +nginx .*Up .*80\/tcp/);
    assert.equal(await project.ok('port', 'web', '80'), `127.0.0.1:${port}`);
    assert.equal(await project.ok('exec', '-T', 'side', 'sh', '-c', 'echo $COLOUR'), 'green');
    assert.match(await project.ok('top', 'side'), /sleep 300/);
    assert.match(await project.ok('images'), /web-side-1 +busybox +latest/);
    assert.match(await project.ok('exec', '-T', 'side', 'wget', '-qO-', 'http://web/'), /nginx/);
    assert.match(
      await client.ok('compose', 'ls', '--format', 'json'),
      /"Name":"web","Status":"running\(2\)"/,
    );
    await project.ok('down', '-v');
    assert.equal(await client.ok('ps', '-aq'), '');
    assert.equal(await client.ok('volume', 'ls', '-q'), '');
    assert.deepEqual(lines(await client.ok('network', 'ls', '--format', '{{.Name}}')).toSorted(), [
      'bridge',
      'host',
      'none',
    ]);
  });

  it('up again keeps what has not changed and recreates what has', async () => {
    const file = (colour: string) => `services:
  same:
    ${SLEEP}
    volumes: [kept:/data, /anonymous]
    networks: { inner: { aliases: [twin] }, outer: }
    labels: { a: b }
    healthcheck: { test: "true", interval: 5s }
    ports: ["127.0.0.1::80"]
  other:
    ${SLEEP}
    environment: { COLOUR: ${colour} }
volumes: { kept: { labels: { v: w } } }
networks: { inner: { labels: { n: m } }, outer: { internal: true } }
`;
    const project = await makeProject(client, 'again', file('green'));
    await project.ok('up', '-d');
    const before = [await project.id('same'), await project.id('other')];
    await project.ok('exec', '-T', 'same', 'touch', '/anonymous/stays');
    await project.ok('up', '-d');
    assert.deepEqual([await project.id('same'), await project.id('other')], before);
    await project.write('compose.yaml', file('blue'));
    await project.ok('up', '-d');
    assert.equal(await project.id('same'), before[0]);
    assert.notEqual(await project.id('other'), before[1]);
    await project.ok('up', '-d', '--force-recreate', 'same');
    assert.notEqual(await project.id('same'), before[0]);
    assert.equal(await project.ok('exec', '-T', 'same', 'ls', '/anonymous'), 'stays');
  });

  it('a service waits for a healthy one and for one that has done its work', async () => {
    const project = await makeProject(
      client,
      'order',
      `services:
  db:
    image: busybox
    command: sh -c "sleep 1; touch /ready; sleep 300"
    stop_grace_period: 0s
    healthcheck: { test: ["CMD", "test", "-e", "/ready"], interval: 300ms, retries: 20 }
  setup:
    image: busybox
    command: sh -c "echo made > /data/made"
    volumes: [data:/data]
  app:
    image: busybox
    command: sh -c "cat /data/made; sleep 300"
    stop_grace_period: 0s
    volumes: [data:/data]
    depends_on:
      db: { condition: service_healthy }
      setup: { condition: service_completed_successfully }
volumes: { data: {} }
`,
    );
    await project.ok('up', '-d');
    assert.match(await project.ok('ps', '-a', '--format', '{{.Service}} {{.Health}}', 'db'), /db healthy/);
    assert.match(await project.ok('logs', '--no-log-prefix', 'app'), /^made$/m);
    await project.write(
      'compose.yaml',
      `services:
  bad: { image: busybox, command: "false" }
  app:
    ${SLEEP}
    depends_on: { bad: { condition: service_completed_successfully } }
`,
    );
    const refused = await project.compose('up', '-d', '--remove-orphans');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /service "bad" didn't complete successfully: exit 1/);
  });

  it('stop, start, restart, pause, unpause and kill', async () => {
    const project = await makeProject(client, 'states', `services:\n  box:\n    ${SLEEP}\n`);
    const state = () => project.ok('ps', '-a', '--format', '{{.State}}');
    await project.ok('up', '-d');
    for (const [verb, expected] of [
      ['pause', 'paused'],
      ['unpause', 'running'],
      ['stop', 'exited'],
      ['start', 'running'],
      ['restart', 'running'],
      ['kill', 'exited'],
    ] as const) {
      await project.ok(verb);
      await waitFor(verb, async () => (await state()) === expected);
    }
    await project.ok('rm', '-f');
    assert.equal(await project.ok('ps', '-aq'), '');
  });

  it('scale changes the number of containers; logs shows all of them', async () => {
    const project = await makeProject(
      client,
      'many',
      `services:\n  box:\n    image: busybox\n    command: sh -c "hostname; sleep 300"\n    stop_grace_period: 0s\n`,
    );
    const count = async () => lines(await project.ok('ps', '-q')).length;
    await project.ok('up', '-d', '--scale', 'box=3');
    assert.equal(await count(), 3);
    await waitFor('three names', async () => lines(await project.ok('logs')).length === 3);
    assert.match(await project.ok('logs'), /^box-[123] +\| [0-9a-f]{12}$/m);
    await project.ok('up', '-d', '--scale', 'box=1');
    assert.equal(await count(), 1);
    await project.ok('scale', 'box=2');
    assert.equal(await count(), 2);
  });

  it('run makes a container for one command, with what the service has', async () => {
    const project = await makeProject(
      client,
      'one-off',
      `services:
  db:
    ${SLEEP}
  tool:
    image: busybox
    entrypoint: ["sh", "-c"]
    environment: { A: b }
    depends_on: [db]
    profiles: [tools]
`,
    );
    const ran = await project.compose(
      'run',
      '--rm',
      '-T',
      '-e',
      'C=d',
      'tool',
      'echo $$A$$C; ping -c 1 db; exit 7'.replaceAll('$$', '$'),
    );
    assert.match(ran.stdout, /^bd\n[^]*1 packets received/);
    assert.equal(ran.code, 7);
    assert.deepEqual(lines(await project.ok('ps', '-a', '--format', '{{.Service}}')), ['db']);
    await project.ok('up', '-d');
    assert.deepEqual(lines(await project.ok('ps', '--services')), ['db']);
  });

  it('secrets, configs, env files and profiles', async () => {
    const project = await makeProject(
      client,
      'files',
      `services:
  box:
    image: busybox
    command: sh -c "cat /run/secrets/token /etc/app.conf; echo $$FROM_FILE $\{FROM_DOTENV}"
    env_file: [box.env]
    secrets: [token]
    configs: [{ source: app, target: /etc/app.conf }]
  extra:
    ${SLEEP}
    profiles: [debug]
secrets: { token: { file: ./token.txt } }
configs: { app: { file: ./app.conf } }
`,
    );
    await project.write('token.txt', 'secret-token\n');
    await project.write('app.conf', 'setting = 1\n');
    await project.write('box.env', 'FROM_FILE=file\n');
    await project.write('.env', 'FROM_DOTENV=dotenv\n');
    const ran = await project.compose('up');
    assert.match(ran.stdout, /box-1 +\| secret-token\n.*setting = 1\n.*file dotenv/, JSON.stringify(ran));
    await project.ok('--profile', 'debug', 'up', '-d');
    assert.ok(lines(await project.ok('--profile', 'debug', 'ps', '--services')).includes('extra'));
    await project.ok('--profile', '*', 'down');
    assert.equal(await client.ok('ps', '-aq'), '');
  });

  it('networks keep services apart and know their aliases', async () => {
    const project = await makeProject(
      client,
      'apart',
      `services:
  front: { image: busybox, command: sleep 300, stop_grace_period: 0s, networks: [outside] }
  middle: { image: busybox, command: sleep 300, stop_grace_period: 0s, networks: { outside: { aliases: [proxy] }, inside: { ipv4_address: 10.212.9.7 } } }
  back: { image: busybox, command: sleep 300, stop_grace_period: 0s, networks: [inside] }
networks:
  outside: {}
  inside: { internal: true, ipam: { config: [{ subnet: 10.212.9.0/24 }] } }
`,
    );
    await project.ok('up', '-d');
    const ping = (from: string, to: string) =>
      project.compose('exec', '-T', from, 'ping', '-c', '1', '-W', '1', to);
    assert.equal((await ping('front', 'proxy')).code, 0);
    assert.match((await ping('back', 'middle')).stdout, /10\.212\.9\.7/);
    assert.notEqual((await ping('front', 'back')).code, 0);
  });

  it('events, cp and wait', async () => {
    const project = await makeProject(
      client,
      'rest',
      `services:\n  box:\n    image: busybox\n    command: sh -c "echo x > /made; while [ ! -e /go ]; do sleep 0.1; done; exit 5"\n`,
    );
    const file = join(project.directory, 'compose.yaml');
    await using events = client.follow(
      'compose',
      '--project-directory',
      project.directory,
      '-f',
      file,
      'events',
    );
    await project.ok('up', '-d');
    await events.sees(/container start/);
    await project.ok('cp', 'box:/made', join(project.directory, 'out'));
    assert.equal(await readFile(join(project.directory, 'out'), 'utf8'), 'x\n');
    const waiting = project.compose('wait', 'box');
    await waitFor('the wait', async () => {
      await project.ok('cp', file, 'box:/go');
      return true;
    });
    const waited = await waiting;
    assert.match(waited.stdout + waited.stderr, /5/);
    await events.sees(/container die/);
  });
});
