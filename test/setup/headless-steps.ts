import { z } from 'zod';
import {
  layerChangesSchema,
  layerStackSchema,
  provenanceSchema,
  type LayerChange,
} from '../../backend/api/wire/strata-layers.ts';
import type { Connection } from '../../extension/connection/connection.ts';
import { callApi, type ApiCall, type ApiReply } from '../support/api-client.ts';
import { waitFor } from '../support/wait-for.ts';
import { done, SetupError, step } from './step.ts';

const PORT = 8080;
const changing = [
  "sed -i 's/green/red/' /etc/demo.conf",
  'rm /var/cache/demo/index.bin',
  'echo "only in the writable layer" > /srv/www/new.html',
  `exec httpd -f -p ${PORT} -h /srv/www`,
].join('; ');

export async function pullImage(socket: string, name: string): Promise<string> {
  return step('pull', async () => {
    const call = { method: 'POST', timeout: 120_000 };
    const { text } = await ask(socket, `/images/create?fromImage=${encodeURIComponent(name)}`, call);
    if (text.includes('"errorDetail"'))
      throw new SetupError(`the pull failed: ${text}`, 'look at the message');
    const { Size } = z.object({ Size: z.number() }).parse((await ask(socket, `/images/${name}/json`)).json());
    return done(name, `${name}, ${(Size / 1e6).toFixed(1)} MB`);
  });
}

export async function showLayers(socket: string, image: string): Promise<void> {
  await step('layers', async () => {
    const { layers } = layerStackSchema.parse(
      (await ask(socket, `/strata/v1/images/${image}/layers`)).json(),
    );
    const lines = layers
      .toReversed()
      .map(({ position, size, files, instruction }) =>
        row(position, `${size} B`, `${files} files`, instruction),
      );
    return `${layers.length}, the topmost first\n${lines.join('\n')}`;
  });
}

const row = (...cells: (string | number)[]) =>
  `    ${cells.map((cell, at) => (at === cells.length - 1 ? String(cell) : String(cell).padStart(at === 0 ? 1 : 10))).join('  ')}`;

export async function runContainer(socket: string, image: string): Promise<string> {
  return step('run', async () => {
    const body = {
      Image: image,
      Cmd: ['sh', '-c', changing],
      ExposedPorts: { [`${PORT}/tcp`]: {} },
      HostConfig: {
        PortBindings: { [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
        Memory: 64 * 1024 * 1024,
      },
    };
    const created = await ask(socket, '/containers/create', { method: 'POST', body });
    const { Id } = z.object({ Id: z.string() }).parse(created.json());
    await ask(socket, `/containers/${Id}/start`, { method: 'POST' });
    return done(Id, `container ${Id.slice(0, 12)} runs httpd`);
  });
}

const inspected = z.object({
  State: z.object({ Pid: z.number(), Running: z.boolean() }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()),
  }),
});

/** What a newcomer asks: does it answer, what isolates it, what did it change, which version does it see? */
export async function showContainer(socket: string, connection: Connection, id: string): Promise<void> {
  await step('published port', async () => {
    const { NetworkSettings } = inspected.parse((await ask(socket, `/containers/${id}/json`)).json());
    const port = Number(NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort);
    const said = await waitFor('an answer', () => fetchThrough(connection, port), {
      timeout: 10_000,
      every: 100,
    });
    return `GET /new.html on port ${port} through the SSH connection: ${said.trim()}`;
  });
  await step('isolation', () => isolation(socket, id));
  await step('writable layer', async () => {
    const reply = await ask(socket, `/strata/v1/containers/${id}/changes`);
    const { changes } = layerChangesSchema.parse(reply.json());
    const files = changes.filter(({ file }) => file?.type !== 'directory');
    expectChanges(files);
    return `${files.length} files differ\n${files.map((change) => `    ${mark[change.change]} ${change.path}`).join('\n')}`;
  });
  await step('provenance', async () => {
    const reply = await ask(socket, `/strata/v1/containers/${id}/provenance?path=/etc/demo.conf`);
    const { path, providers } = provenanceSchema.parse(reply.json());
    return `of ${path}\n${providers.map(({ role, kind, layer, why }) => `    ${role}: ${kind} ${layer ?? ''} (${why})`).join('\n')}`;
  });
}

const mark = { added: '+', modified: '~', deleted: '-' } as const;

function expectChanges(changes: readonly LayerChange[]): void {
  const seen = changes.map(({ change, path }) => `${mark[change]}${path}`);
  for (const wanted of ['~/etc/demo.conf', '-/var/cache/demo/index.bin', '+/srv/www/new.html']) {
    if (!seen.includes(wanted)) {
      throw new SetupError(
        `the diff lacks ${wanted}: ${seen.join(' ')}`,
        'this is a defect: please report it',
      );
    }
  }
}

const isolationShape = z.object({
  namespaces: z.array(z.object({ type: z.string(), inode: z.number(), shared: z.boolean() })),
});

async function isolation(socket: string, id: string): Promise<string> {
  const { namespaces } = isolationShape.parse(
    (await ask(socket, `/strata/v1/containers/${id}/isolation`)).json(),
  );
  const own = namespaces.filter(({ shared }) => !shared).map(({ type, inode }) => `${type}:[${inode}]`);
  const shared = namespaces.filter(({ shared }) => shared).map(({ type }) => type);
  return `own ${own.join(' ')}; shared with the host: ${shared.join(' ') || 'none'}`;
}

export async function removeContainer(socket: string, id: string, image: string): Promise<void> {
  await step('stop', async () => {
    await ask(socket, `/containers/${id}/stop?t=2`, { method: 'POST' });
    const { State } = inspected.parse((await ask(socket, `/containers/${id}/json`)).json());
    if (State.Running) throw new SetupError('the container still runs', 'look at the log of the agent');
    return `container ${id.slice(0, 12)} has ended`;
  });
  await step('remove', async () => {
    await ask(socket, `/containers/${id}?v=1`, { method: 'DELETE' });
    await ask(socket, `/images/${image}`, { method: 'DELETE' });
    const containers = (await ask(socket, '/containers/json?all=1')).json();
    const images = (await ask(socket, '/images/json')).json();
    if (JSON.stringify([containers, images]) !== '[[],[]]') {
      throw new SetupError('something is left in the engine', 'this is a defect: please report it');
    }
    return 'container, writable layer, network and image are removed';
  });
}

async function ask(socket: string, path: string, call?: ApiCall): Promise<ApiReply> {
  const reply = await callApi(socket, path, call);
  if (reply.status < 400) return reply;
  throw new SetupError(
    `${call?.method ?? 'GET'} ${path} was answered ${reply.status}: ${reply.text}`,
    'look at the message',
  );
}

/** One plain HTTP request over a channel of the SSH connection. */
async function fetchThrough(connection: Connection, port: number): Promise<string | null> {
  const stream = await connection.openTcp('127.0.0.1', port, AbortSignal.timeout(5_000));
  stream.on('error', () => undefined);
  const chunks: Buffer[] = [];
  try {
    stream.write('GET /new.html HTTP/1.0\r\n\r\n');
    for await (const chunk of stream) chunks.push(chunk as Buffer);
  } finally {
    stream.destroy();
  }
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  return head.includes(' 200 ') ? body : null;
}
