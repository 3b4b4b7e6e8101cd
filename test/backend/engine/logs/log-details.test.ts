import assert from 'node:assert/strict';
import { logDetails } from '../../../../backend/engine/logs/log-attributes.ts';
import { readContainerLog } from '../../../../backend/engine/logs/read-container-log.ts';
import { makeContainer, makeEngine } from '../../../support/fakes/fake-engine.ts';

describe('logs of containers', () => {
  const details = async (options: Record<string, string>): Promise<string> => {
    await using engine = await makeEngine();
    const host = { logConfig: { type: 'json-file' as const, options } };
    const labels = { team: 'a b', tier: 'front=1', other: '' };
    return logDetails(
      await makeContainer(engine, { name: 'web', labels, env: ['COLOUR=red', 'EMPTY'], host }),
    );
  };

  it('names what the options chose, by its keys in order and escaped', async () => {
    assert.equal(await details({}), '');
    assert.equal(await details({ labels: 'team,tier,none' }), 'team=a+b,tier=front%3D1');
    assert.equal(await details({ env: 'COLOUR', 'labels-regex': '^ot' }), 'COLOUR=red,other=');
    assert.equal(await details({ 'env-regex': '^E' }), 'EMPTY=');
  });

  it('fills in the template of the tag', async () => {
    assert.match(await details({ tag: '{{.Name}}/{{.ID}}' }), /^tag=web%2F[0-9a-f]{12}$/);
    assert.equal(await details({ tag: '{{.Unknown}}' }), 'tag=%7B%7B.Unknown%7D%7D');
  });

  it('cannot be read with the driver none, nor while the container is being removed', async () => {
    await using engine = await makeEngine();
    const request = { follow: false, signal: AbortSignal.timeout(1000) };
    const none = await makeContainer(engine, {
      name: 'none',
      host: { logConfig: { type: 'none', options: {} } },
    });
    assert.throws(() => readContainerLog(engine.context, none, request), {
      code: 'not-implemented',
      message: 'configured logging driver does not support reading',
    });
    const going = await makeContainer(engine, { name: 'going' });
    going.state.status = 'removing';
    assert.throws(() => readContainerLog(engine.context, going, request), {
      code: 'conflict',
      message: /dead or marked for removal/,
    });
  });
});
