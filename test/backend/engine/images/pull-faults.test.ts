import assert from 'node:assert/strict';
import { pullImage } from '../../../../backend/engine/images/pull-image.ts';
import { parseReference } from '../../../../backend/oci/reference.ts';
import { directory, file } from '../../../setup/images/tar-layer.ts';
import { refuse } from '../../../support/hostile-registry.ts';
import { makeImageParts } from '../../../support/image-parts.ts';
import { assertNothingLeft, makePullFixture, type PullFixture } from './pull-fixture.ts';

describe('pullImage from a registry that misbehaves', () => {
  let fixture: PullFixture;
  let registry: PullFixture['registry'];
  let machine: PullFixture['machine'];
  let parts: PullFixture['parts'];
  let pull: PullFixture['pull'];
  let fails: PullFixture['fails'];
  let isBlob: PullFixture['isBlob'];
  let blobOf: PullFixture['blobOf'];

  beforeEach(async () => {
    fixture = await makePullFixture();
    ({ registry, machine, parts, pull, fails, isBlob, blobOf } = fixture);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

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
    assertNothingLeft(machine);
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
});
