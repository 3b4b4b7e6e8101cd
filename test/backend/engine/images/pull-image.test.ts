import assert from 'node:assert/strict';
import { codeOf, messageOf, type ErrorCode } from '../../../../backend/base/errors.ts';
import { pullImage } from '../../../../backend/engine/images/pull-image.ts';
import type { PullEvent } from '../../../../backend/engine/images/pull-progress.ts';
import { parseReference } from '../../../../backend/oci/reference.ts';
import type { Image } from '../../../../backend/image/image-store.ts';
import { directory, file } from '../../../setup/images/tar-layer.ts';
import { refuse, startHostileRegistry, type HostileRegistry } from '../../../support/hostile-registry.ts';
import { makeTestImages } from '../../../support/image-context.ts';
import { json, makeImageParts, type ImageParts } from '../../../support/image-parts.ts';
import { randomBytes } from 'node:crypto';

type Machine = Awaited<ReturnType<typeof makeTestImages>>;

describe('pullImage', () => {
  let registry: HostileRegistry;
  let machine: Machine;
  let parts: ImageParts;

  before(async () => {
    const noise = (at: number) => file(`f${at}`, randomBytes(300_000));
    parts = await makeImageParts({ layers: [[directory('a'), noise(0)], [noise(1)], [noise(2)]] });
  });
  beforeEach(async () => {
    registry = await startHostileRegistry();
    machine = await makeTestImages();
    registry.serveImage('1', parts);
  });
  afterEach(async () => {
    await machine[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  const pull = (
    name = 'image:1',
    signal: AbortSignal = AbortSignal.timeout(15_000),
    onEvent: (event: PullEvent) => void = () => undefined,
    platform?: { os: string; architecture: string },
  ): Promise<Image> =>
    pullImage(
      machine.context,
      { reference: parseReference(`${registry.host}/${name}`), signal, platform },
      onEvent,
    );

  const fails = async (code: ErrorCode, message: RegExp, work: Promise<unknown> = pull()): Promise<void> => {
    const error: unknown = await work.then(
      () => assert.fail('the pull succeeded'),
      (reason: unknown) => reason,
    );
    assert.match(messageOf(error), message);
    assert.equal(codeOf(error), code, messageOf(error));
    assert.deepEqual(machine.leftovers(), []);
    assert.deepEqual(machine.layers.list(), []);
    assert.deepEqual(machine.context.images.list(), []);
    assert.equal(machine.layers.underway, 0);
  };
  const isBlob = (url: string, at = 1): boolean =>
    url.endsWith(`blobs/${parts.layers[at]?.descriptor.digest ?? ''}`);
  const blobOf = (at = 1): Buffer => parts.layers[at]?.blob ?? Buffer.alloc(0);

  it('records the image with its tag and digest, its blobs and its layers', async () => {
    const image = await pull();
    assert.equal(image.id, parts.configDigest);
    assert.deepEqual(image.tags, [`${registry.host}/image:1`]);
    assert.deepEqual(image.digests, [`${registry.host}/image@${parts.manifestDigest}`]);
    assert.equal(image.size, 900_000);
    assert.equal(machine.layers.list().length, 3);
    assert.deepEqual(
      new Set(await machine.context.blobs.list()),
      new Set([...parts.blobs.keys(), parts.manifestDigest]),
    );
    assert.deepEqual(
      machine.events.map(({ action }) => action),
      ['pull'],
    );
  });

  it('fetches nothing twice', async () => {
    await pull();
    const events: PullEvent[] = [];
    const before = registry.count('/blobs/');
    await pull('image:1', AbortSignal.timeout(5000), (event) => void events.push(event));
    assert.equal(registry.count('/blobs/'), before);
    const end = events.at(-1);
    assert.ok(end?.kind === 'end' && !end.fresh);
    const phases = events.flatMap((event) => (event.kind === 'layer' ? event.phase : []));
    assert.deepEqual(phases, ['exists', 'exists', 'exists']);
  });

  it('applies a kept blob without the network', async () => {
    await pull();
    for (const { diffId } of machine.layers.list()) await machine.layers.remove(diffId);
    const before = registry.count('/blobs/');
    await pull();
    assert.equal(registry.count('/blobs/'), before);
    assert.equal(machine.layers.list().length, 3);
  });

  it('pulls by digest without giving a tag', async () => {
    const image = await pull(`image@${parts.manifestDigest}`);
    assert.deepEqual(image.tags, []);
    assert.deepEqual(image.digests, [`${registry.host}/image@${parts.manifestDigest}`]);
  });

  it('shares the download of a layer between pulls that run at once', async () => {
    await Promise.all([pull(), pull(), pull()]);
    for (const { descriptor } of parts.layers) assert.equal(registry.count(descriptor.digest), 1);
  });

  it('goes on for others when one of the pulls of an image is aborted', async () => {
    const leave = new AbortController();
    registry.fault = (_request, _response, url) => {
      if (isBlob(url)) setTimeout(() => leave.abort(), 5);
      return false;
    };
    const [aborted, whole] = await Promise.allSettled([pull('image:1', leave.signal), pull()]);
    assert.equal(whole.status, 'fulfilled');
    if (aborted.status === 'rejected') assert.match(String(aborted.reason), /abort/i);
    assert.equal(machine.layers.list().length, 3);
  });

  it('resumes a blob that breaks off, from where it was', async () => {
    const ranges: (string | undefined)[] = [];
    registry.fault = (request, response, url) => {
      if (!isBlob(url)) return false;
      ranges.push(request.headers.range);
      if (ranges.length > 2) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const head = from ? { 'Content-Range': `bytes ${from}-${blobOf().length - 1}/${blobOf().length}` } : {};
      response.writeHead(from ? 206 : 200, { ...head, 'Content-Length': blobOf().length - from });
      response.write(blobOf().subarray(from, from + 100_000), () => response.destroy());
      return true;
    };
    await pull();
    assert.equal(ranges.length, 3);
    assert.match(ranges[1] ?? '', /^bytes=[1-9]\d*-$/);
  });

  it('resumes also where the registry does not know ranges', async () => {
    let trials = 0;
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      trials += 1;
      response.writeHead(200, { 'Content-Length': blobOf().length });
      if (trials === 1) response.write(blobOf().subarray(0, 100_000), () => response.destroy());
      else response.end(blobOf());
      return true;
    };
    await pull();
    assert.equal(trials, 2);
  });

  it('retries 500 and 429', async () => {
    let refusals = 0;
    registry.fault = (_request, response) => {
      refusals += 1;
      if (refusals % 2 === 0) return false;
      refuse(response, refusals % 4 === 1 ? 500 : 429, 'TOOMANYREQUESTS', 'slow down');
      return true;
    };
    await pull();
  });

  it('fails with the registry and its words when 500 lasts', async () => {
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      refuse(response, 500, 'UNKNOWN', 'disk on fire');
      return true;
    };
    await fails('unavailable', /127\.0\.0\.1:\d+ answered 500 for blob sha256:.*disk on fire/);
    assert.equal(registry.count(parts.layers[1]?.descriptor.digest ?? ''), 3);
  });

  it('fails when 429 lasts', async () => {
    registry.fault = (_request, response) => {
      refuse(response, 429, 'TOOMANYREQUESTS', 'slow down');
      return true;
    };
    await fails('unavailable', /allows no more requests.*slow down/);
  });

  it('fails when a blob stays truncated', async () => {
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      // In chunks, so that the early end looks like any other.
      response.write(blobOf().subarray(0, 1000));
      response.end();
      return true;
    };
    await fails('unavailable', /blob sha256:[0-9a-f]+ is truncated: 127\.0\.0\.1:\d+ sent \d+ of \d+ bytes/);
  });

  it('refuses a blob whose announced length is not the promised one', async () => {
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.end(blobOf().subarray(0, 1000));
      return true;
    };
    await fails('invalid-argument', /the manifest says \d+ bytes, 127\.0\.0\.1:\d+ has 1000/);
  });

  it('fails on a corrupt blob and names it', async () => {
    const digest = parts.layers[1]?.descriptor.digest ?? '';
    const bad = Buffer.from(blobOf());
    bad[5000] = (bad[5000] ?? 0) ^ 1;
    registry.blobs.set(digest, bad);
    await fails('invalid-argument', new RegExp(`${digest}|layer`));
  });

  it('fails on a corrupt config', async () => {
    registry.blobs.set(parts.configDigest, Buffer.from(parts.config.toString().replace('amd64', 'arm64')));
    await fails('invalid-argument', new RegExp(`blob ${parts.configDigest} is corrupt`));
  });

  it('fails when a blob is longer or shorter than promised', async () => {
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.end(Buffer.concat([blobOf(), Buffer.from('more')]));
      return true;
    };
    await fails('invalid-argument', /wrong size: .*\d+ bytes/);
  });

  it('fails when the registry stalls, within its time', async () => {
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(200, { 'Content-Length': blobOf().length });
      response.write(blobOf().subarray(0, 10));
      return true;
    };
    const started = performance.now();
    await fails('unavailable', /blob sha256:.* from 127\.0\.0\.1:\d+: no bytes arrived for 0\.3 seconds/);
    assert.ok(performance.now() - started < 5000);
  });

  it('fails when the registry never answers', async () => {
    registry.fault = (_request, _response, url) => url.includes('/manifests/');
    await fails('unavailable', /did not answer for 0\.3 seconds/);
  });

  it('fails when nobody listens', async () => {
    const { host } = registry;
    await registry[Symbol.asyncDispose]();
    const gone = pullImage(
      machine.context,
      { reference: parseReference(`${host}/image:1`), signal: AbortSignal.timeout(5000) },
      () => undefined,
    );
    await fails('unavailable', /cannot fetch manifest for .* from 127\.0\.0\.1:\d+: .*ECONNREFUSED/, gone);
    registry = await startHostileRegistry();
  });

  it('fails on a missing layer and names it', async () => {
    registry.blobs.delete(parts.layers[2]?.descriptor.digest ?? '');
    await fails(
      'not-found',
      new RegExp(`blob ${parts.layers[2]?.descriptor.digest} not found at .*blob unknown`),
    );
  });

  it('fails on a missing tag with the registry’s own words', async () => {
    await fails(
      'not-found',
      /manifest for 127\.0\.0\.1:\d+\/image:2 not found.*manifest unknown/,
      pull('image:2'),
    );
  });

  it('leaves nothing when it is aborted in the middle', async () => {
    const abort = new AbortController();
    registry.fault = (_request, response, url) => {
      if (!isBlob(url)) return false;
      response.writeHead(200, { 'Content-Length': blobOf().length });
      response.write(blobOf().subarray(0, 200_000));
      setTimeout(() => abort.abort(), 50);
      return true;
    };
    await assert.rejects(pull('image:1', abort.signal), { name: 'AbortError' });
    assert.deepEqual(machine.leftovers(), []);
    assert.deepEqual(machine.layers.list(), []);
    assert.equal(machine.layers.underway, 0);
  });

  it('leaves what another image needs when it fails', async () => {
    await pull();
    const more = await makeImageParts({ layers: [[directory('a')], [file('x', 'y')]] });
    registry.serve('2', Buffer.from(more.manifest.toString()));
    registry.blobs.set(more.configDigest, more.config);
    await assert.rejects(pull('image:2'), /not found/);
    assert.equal(machine.layers.list().length, 3);
    assert.equal((await machine.context.blobs.list()).length, 5);
  });

  describe('with what an image must not be', () => {
    const refusesManifest = async (
      manifest: object,
      message: RegExp,
      code: ErrorCode = 'invalid-argument',
    ) => {
      registry.serve('bad', json(manifest));
      await fails(code, message, pull('image:bad'));
    };
    const base = (): object => JSON.parse(parts.manifest.toString()) as object;

    it('refuses unknown layer types by name', async () => {
      const layers = [{ ...parts.layers[0]?.descriptor, mediaType: 'application/x-rar' }];
      const one = await makeImageParts({ layers: [[file('f', 'f')]], manifest: { layers } });
      registry.serveImage('bad', one);
      await fails(
        'invalid-argument',
        /layer sha256:.* has the unknown media type "application\/x-rar"/,
        pull('image:bad'),
      );
    });
    it('refuses unknown manifest types by name', async () => {
      await refusesManifest(
        { ...base(), mediaType: 'application/x-what' },
        /unknown media type "application\/x-what"/,
      );
    });
    it('refuses artifacts by name', async () => {
      const config = {
        mediaType: 'application/vnd.cncf.helm.config.v1+json',
        digest: parts.configDigest,
        size: 5,
      };
      await refusesManifest({ ...base(), config }, /no container image.*helm/);
    });
    it('refuses schema 1 in a sentence', async () => {
      const schema1 = { schemaVersion: 1, name: 'image', tag: '1', fsLayers: [] };
      await refusesManifest(schema1, /schema 1.*no longer supported: push/, 'not-implemented');
    });
    it('refuses a header that contradicts the body', async () => {
      registry.serve('bad', parts.manifest, 'application/vnd.oci.image.index.v1+json');
      await fails('invalid-argument', /calls itself .* but was sent as/, pull('image:bad'));
    });
    it('refuses JSON that is none, and JSON of another shape', async () => {
      registry.serve('bad', Buffer.from('{"schemaVersion":2,'));
      await fails('invalid-argument', /is no JSON/, pull('image:bad'));
      for (const text of [
        'null',
        '[]',
        '"x"',
        '{}',
        '{"layers":[],"config":{}}',
        '{"schemaVersion":2,"manifests":5}',
      ]) {
        registry.serve('bad', Buffer.from(text), 'application/json');
        await fails('invalid-argument', /manifest|index/, pull('image:bad'));
      }
    });
    it('refuses digests and sizes that are none', async () => {
      for (const wrong of [
        { digest: 'sha256:../../etc' },
        { size: -1 },
        { size: 1.5 },
        { digest: 'md5:abc' },
      ])
        await refusesManifest(
          { ...base(), layers: [{ ...parts.layers[0]?.descriptor, ...wrong }] },
          /malformed: layers\.0\./,
        );
    });
    it('refuses a manifest of more than 4 MiB', async () => {
      await refusesManifest(
        { ...base(), annotations: { pad: 'x'.repeat(5_000_000) } },
        /longer than 4194304 bytes/,
      );
    });
    it('refuses a config with another number of diffIDs', async () => {
      const odd = await makeImageParts({
        layers: [[file('f', 'f')]],
        config: { rootfs: { type: 'layers', diff_ids: [] } },
      });
      registry.serveImage('bad', odd);
      await fails('invalid-argument', /1 layers, its config 0 diffIDs/, pull('image:bad'));
    });
    it('refuses a layer whose content is not its diffID', async () => {
      const rootfs = { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] };
      registry.serveImage('bad', await makeImageParts({ layers: [[file('f', 'f')]], config: { rootfs } }));
      await fails('invalid-argument', /diffID/, pull('image:bad'));
    });
    it('refuses a hostile config', async () => {
      for (const config of [
        { rootfs: null },
        { architecture: 5 },
        { config: { Env: 'PATH' } },
        { history: [{ created: {} }] },
      ]) {
        registry.serveImage('bad', await makeImageParts({ layers: [], config }));
        await fails('invalid-argument', /config sha256:.* is malformed/, pull('image:bad'));
      }
    });
    it('refuses an image for another system', async () => {
      registry.serveImage('bad', await makeImageParts({ layers: [], config: { os: 'windows' } }));
      await fails('not-implemented', /windows/, pull('image:bad'));
    });
  });

  describe('by an index', () => {
    const INDEX = 'application/vnd.oci.image.index.v1+json';
    const entry = (platform: object | undefined, digest = parts.manifestDigest) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: parts.manifest.length,
      platform,
    });
    const index = (...manifests: object[]): Buffer => json({ schemaVersion: 2, mediaType: INDEX, manifests });

    it('takes the platform’s image and records the index as its digest', async () => {
      const bytes = index(
        entry({ os: 'unknown', architecture: 'unknown' }, `sha256:${'1'.repeat(64)}` as never),
        entry({ os: 'linux', architecture: 'amd64' }),
      );
      registry.serve('multi', bytes);
      const image = await pull('image:multi');
      assert.equal(image.id, parts.configDigest);
      assert.notEqual(image.digests[0], `${registry.host}/image@${parts.manifestDigest}`);
    });
    it('says what the index has when ours is missing', async () => {
      registry.serve('multi', index(entry({ os: 'linux', architecture: 's390x' })));
      await fails(
        'not-found',
        /no matching manifest for linux\/amd64 .* it has linux\/s390x/,
        pull('image:multi'),
      );
    });
    it('refuses an entry whose size is wrong', async () => {
      registry.serve('multi', index({ ...entry({ os: 'linux', architecture: 'amd64' }), size: 3 }));
      await fails('invalid-argument', /wrong size: 3 promised/, pull('image:multi'));
    });
    it('refuses a single image for another platform than asked', async () => {
      await fails(
        'not-found',
        /for linux\/amd64, not for linux\/arm64 as asked/,
        pull('image:1', AbortSignal.timeout(5000), () => undefined, { os: 'linux', architecture: 'arm64' }),
      );
    });
  });
});
