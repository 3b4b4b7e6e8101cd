import assert from 'node:assert/strict';
import { strataLayerRoutes } from '../../../backend/api/strata/layer-routes.ts';
import type { LayerChanges, LayerStack, MergedTree } from '../../../backend/api/wire/strata-layers.ts';
import { notFound } from '../../../backend/base/errors.ts';
import { silentLogger } from '../../../backend/base/logger.ts';
import { pullImage } from '../../../backend/engine/images/pull-image.ts';
import { createDirectoryLayerStore } from '../../../backend/layer/directory-store.ts';
import { hostPlatform } from '../../../backend/oci/platform.ts';
import { parseReference } from '../../../backend/oci/reference.ts';
import { serveRoutes } from '../../support/image-api.ts';
import { makeImagesWith } from '../../support/image-context.ts';
import { startImageRegistry } from '../../support/image-registry.ts';

describe('the layer explorer’s data', function () {
  this.timeout(180_000);

  it('of a 20,000-file image comes within 200 ms', async () => {
    await using registry = await startImageRegistry(['files-20k']);
    await using machine = await makeImagesWith(
      (layout) => createDirectoryLayerStore({ layout, logger: silentLogger }),
      { stallTimeout: 30_000 },
    );
    const { context } = machine;
    await using _layers = { [Symbol.asyncDispose]: () => machine.layers.close() };
    const name = `${registry.host}/files-20k:latest`;
    const request = { reference: parseReference(name), signal: AbortSignal.timeout(120_000) };
    await pullImage({ ...context, platform: hostPlatform() }, request, () => undefined);
    const containerStack = () => Promise.reject(notFound('no such container'));
    await using api = await serveRoutes(strataLayerRoutes({ context, containerStack }));
    const base = `/strata/v1/images/${name}`;

    const times: number[] = [];
    let entries = 0;
    for (let round = 0; round < 7; round += 1) {
      const started = performance.now();
      const stack = await api.get<LayerStack>(`${base}/layers`);
      const top = stack.layers.length - 1;
      const [tree] = await Promise.all([
        api.get<MergedTree>(`${base}/tree?recursive=1`),
        api.get<LayerChanges>(`${base}/layers/${top}/changes`),
      ]);
      times.push(performance.now() - started);
      entries = tree.entries.length;
    }
    const sorted = times.toSorted((a, b) => a - b).map(Math.round);
    console.log(
      `      ${entries} paths; fastest, median, slowest: ${sorted[0]}, ${sorted[3]}, ${sorted[6]} ms`,
    );
    assert.ok(entries >= 20_000);
    // The fastest of the rounds: other work on the machine is none of ours.
    assert.ok((sorted[0] ?? Infinity) < 200, `${times.map(Math.round).join(' ')} ms`);
  });
});
