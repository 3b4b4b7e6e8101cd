import assert from 'node:assert/strict';
import { imageRoutes } from '../../../../backend/api/images/image-routes.ts';
import { imageInspectSchema, type ImageInspect } from '../../../../backend/api/wire/image-inspect.ts';
import { imageSummarySchema, type ImageSummary } from '../../../../backend/api/wire/image-summary.ts';
import { progressLineSchema, type ProgressLine } from '../../../../backend/api/wire/pull-progress.ts';
import { directory, file } from '../../../setup/images/tar-layer.ts';
import { startHostileRegistry, type HostileRegistry } from '../../../support/hostile-registry.ts';
import { serveRoutes, type RoutesServer } from '../../../support/image-api.ts';
import { makeTestImages } from '../../../support/image-context.ts';
import { makeImageParts, type ImageParts } from '../../../support/image-parts.ts';

describe('image routes', () => {
  let registry: HostileRegistry;
  let machine: Awaited<ReturnType<typeof makeTestImages>>;
  let api: RoutesServer;
  let parts: ImageParts;
  let name: string;

  beforeEach(async () => {
    registry = await startHostileRegistry();
    machine = await makeTestImages();
    api = await serveRoutes(
      imageRoutes({ context: machine.context, driver: 'overlay2', files: {} as never }),
    );
    parts = await makeImageParts({ layers: [[directory('a'), file('a/b', 'bb')], [file('c', 'ccc')]] });
    registry.serveImage('1', parts);
    name = `${registry.host}/team/app:1`;
  });
  afterEach(async () => {
    await api[Symbol.asyncDispose]();
    await machine[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  const pull = (query = `fromImage=${registry.host}/team/app&tag=1`) =>
    api.call('POST', `/v1.51/images/create?${query}`);
  const lines = (body: unknown): ProgressLine[] =>
    (typeof body === 'string'
      ? body
          .trim()
          .split('\r\n')
          .map((line): unknown => JSON.parse(line))
      : [body]
    ).map((line) => progressLineSchema.parse(line));

  it('tell a pull as Docker does', async () => {
    const { status, body } = await pull();
    assert.equal(status, 200);
    const told = lines(body);
    assert.deepEqual(told[0], { status: 'Pulling from team/app', id: '1' });
    const layer = parts.layers[0]?.descriptor.digest.slice(7, 19);
    const ofLayer = told.filter(({ id }) => id === layer).map(({ status }) => status);
    assert.deepEqual(
      [...new Set(ofLayer)],
      [
        'Pulling fs layer',
        'Downloading',
        'Verifying Checksum',
        'Download complete',
        'Extracting',
        'Pull complete',
      ],
    );
    const bar = told.find(({ status }) => status === 'Downloading');
    assert.match(bar?.progress ?? '', /^\[={50}>\] +\d+(\.\d+)?k?B\/\d+(\.\d+)?k?B$/);
    assert.equal(bar?.progressDetail?.current, bar?.progressDetail?.total);
    assert.deepEqual(told.slice(-2), [
      { status: `Digest: ${parts.manifestDigest}` },
      { status: `Status: Downloaded newer image for ${name}` },
    ]);
    assert.deepEqual(lines((await pull()).body).at(-1), {
      status: `Status: Image is up to date for ${name}`,
    });
  });

  it('answer a pull that cannot begin with a status', async () => {
    assert.equal((await pull(`fromImage=${registry.host}/team/app&tag=2`)).status, 404);
    assert.equal((await pull(`fromImage=UPPER`)).status, 400);
    assert.equal((await pull(`tag=1`)).status, 400);
    assert.equal((await pull(`fromImage=${name}&platform=a/b/c/d`)).status, 400);
  });

  it('tell a failure under way in a last line', async () => {
    registry.blobs.delete(parts.layers[1]?.descriptor.digest ?? '');
    const { status, body } = await pull();
    assert.equal(status, 200);
    const last = lines(body).at(-1);
    assert.match(last?.error ?? '', /blob sha256:.* not found/);
    assert.equal(last?.errorDetail?.message, last?.error);
    assert.deepEqual(machine.leftovers(), []);
  });

  it('end a pull whose client goes away', async () => {
    registry.fault = (_request, response, url) => {
      if (!url.includes('/blobs/') || url.endsWith(parts.configDigest)) return false;
      response.writeHead(200, { 'Content-Length': 999 });
      return true;
    };
    const leave = new AbortController();
    const query = `fromImage=${registry.host}/team/app&tag=1`;
    const response = await fetch(`${api.url}/images/create?${query}`, {
      method: 'POST',
      signal: leave.signal,
    });
    leave.abort();
    await assert.rejects(response.text());
    for (let waited = 0; machine.leftovers().length > 0 && waited < 100; waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(machine.leftovers(), []);
  });

  it('list and inspect in the shape of API 1.51', async () => {
    await pull();
    const list = await api.get<ImageSummary[]>('/images/json?shared-size=1');
    assert.deepEqual(
      list.map((line) => imageSummarySchema.parse(line)),
      list,
    );
    assert.deepEqual(list[0]?.RepoTags, [name]);
    assert.equal(list[0]?.Created, Date.parse('2026-01-02T03:04:05Z') / 1000);
    const inspect = await api.get<ImageInspect>(`/images/${name}/json`);
    assert.deepEqual(imageInspectSchema.parse(inspect), inspect);
    assert.ok(!('Descriptor' in inspect));
    assert.deepEqual(
      inspect.RootFS.Layers,
      parts.layers.map(({ diffId }) => diffId),
    );
    assert.equal(inspect.Size, 5);
    assert.ok(Date.parse(inspect.Metadata.LastTagTime) > Date.now() - 60_000);
    assert.deepEqual(inspect.Config['Cmd'], ['/bin/true']);
  });

  it('list by filter, in both forms of filters', async () => {
    await pull();
    const count = async (filters: unknown): Promise<number> =>
      (await api.get<unknown[]>(`/images/json?filters=${encodeURIComponent(JSON.stringify(filters))}`))
        .length;
    assert.equal(await count({ reference: ['*/team/app'] }), 1);
    assert.equal(await count({ reference: { '*/other': true } }), 0);
    assert.equal(await count({ dangling: ['true'] }), 0);
    assert.equal(await count({ label: ['tier=test'] }), 1);
    assert.equal((await api.call('GET', '/images/json?filters={"what":["x"]}')).status, 400);
    assert.equal((await api.call('GET', '/images/json?filters={')).status, 400);
  });

  it('tell the history top first', async () => {
    await pull();
    const history = await api.get<{ Id: string; CreatedBy: string; Size: number; Tags: string[] | null }[]>(
      `/images/${name}/history`,
    );
    assert.deepEqual(
      history.map(({ Id, CreatedBy, Size, Tags }) => [Id, CreatedBy, Size, Tags]),
      [
        [parts.configDigest, 'COPY 1', 3, [name]],
        ['<missing>', 'COPY 0', 2, null],
      ],
    );
  });

  it('tag, and remove name by name', async () => {
    await pull();
    assert.equal((await api.call('POST', `/images/${name}/tag?repo=other/name&tag=x`)).status, 201);
    assert.equal((await api.call('POST', `/images/${name}/tag?repo=Other`)).status, 400);
    assert.equal((await api.call('POST', `/images/nope/tag?repo=x`)).status, 404);
    const { body } = await api.call('DELETE', '/images/other/name:x');
    assert.deepEqual(body, [{ Untagged: 'other/name:x' }]);
    const gone = await api.call('DELETE', `/images/${name}`);
    assert.ok(JSON.stringify(gone.body).includes(`{"Deleted":"${parts.configDigest}"}`));
    assert.equal((await api.call('DELETE', `/images/${name}`)).status, 404);
  });

  it('refuse with 409 what a container uses', async () => {
    await pull();
    const { id: imageId, diffIds } = machine.context.images.resolve(name);
    machine.uses.push({ imageId, diffIds, containerId: 'abc', running: false });
    assert.equal((await api.call('DELETE', `/images/${name}`)).status, 409);
    assert.equal((await api.call('DELETE', `/images/${name}?force=1`)).status, 200);
  });

  it('ask a registry what a name is', async () => {
    const { status, body } = await api.call('GET', `/distribution/${name}/json`);
    assert.equal(status, 200);
    assert.equal((body as { Descriptor: { digest: string } }).Descriptor.digest, parts.manifestDigest);
  });

  it('name what is missing', async () => {
    for (const [method, path] of [
      ['POST', '/images/x/push'],
      ['POST', '/images/load'],
      ['GET', '/images/get?names=x'],
      ['GET', '/images/search?term=x'],
      ['POST', '/build'],
    ] as const) {
      const { status, body } = await api.call(method, path);
      assert.equal(status, 501, path);
      assert.match((body as { message: string }).message, /not implemented yet/);
    }
  });
});
