import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../../backend/base/errors.ts';
import { file } from '../../../setup/images/tar-layer.ts';
import { json, makeImageParts } from '../../../support/image-parts.ts';
import { makePullFixture, type PullFixture } from './pull-fixture.ts';

describe('pullImage', () => {
  let fixture: PullFixture;
  let registry: PullFixture['registry'];
  let parts: PullFixture['parts'];
  let pull: PullFixture['pull'];
  let fails: PullFixture['fails'];

  beforeEach(async () => {
    fixture = await makePullFixture();
    ({ registry, parts, pull, fails } = fixture);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

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
