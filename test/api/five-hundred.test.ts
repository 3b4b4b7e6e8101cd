import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { residentMemory, tracesOf, type Traces } from '../support/traces.ts';
import { useDaemon } from '../support/use-daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const CONTAINERS = 500;
const AT_ONCE = 4;
/** Megabytes that the heap may keep until its next collection. */
const SLACK = 40;

const created = z.object({ Id: z.string() });

describe('five hundred containers', function () {
  this.timeout(180_000);
  const fixture = useDaemon(['busybox']);

  async function life(number: number): Promise<void> {
    const { daemon } = fixture;
    const body = {
      Image: fixture.image('busybox'),
      Cmd: number % 5 === 0 ? ['no-such-program'] : ['sh', '-c', 'echo $HOSTNAME; echo x >/written'],
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/volume': {} },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000 },
      HostConfig: number % 3 === 0 ? { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } } : {},
    };
    const made = await daemon.call('/containers/create', { method: 'POST', body });
    assert.equal(made.status, 201, made.text);
    const { Id } = created.parse(made.json());
    await daemon.call(`/containers/${Id}/start`, { method: 'POST' });
    if (number % 7 !== 0 && number % 5 !== 0) await daemon.call(`/containers/${Id}/wait`, { method: 'POST' });
    const removed = await daemon.call(`/containers/${Id}?force=1&v=1`, { method: 'DELETE' });
    assert.equal(removed.status, 204, removed.text);
  }

  async function lives(count: number): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let number = next++; number < count; number = next++) await life(number);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  it('leave the machine as it was: mounts, links, rules, cgroups, descriptors, files, memory', async () => {
    const { daemon } = fixture;
    // The bridge, the table, caches and modules of the first ones stay by intention.
    await lives(20);
    const before = await settled();
    const memory = await residentMemory(daemon.pid);
    await lives(CONTAINERS);
    await waitFor('nothing being left', async () => {
      const now = await tracesOf(daemon);
      // Descriptors that the first ones still held may be closed by now.
      assert.deepEqual({ ...now, descriptors: Math.max(now.descriptors, before.descriptors) }, before);
      return true;
    });
    const grown = (await residentMemory(daemon.pid)) - memory;
    assert.ok(grown < SLACK, `the daemon has grown by ${grown.toFixed(0)} MB`);
  });

  /** Veth pairs and rules go a little after their container. */
  async function settled(): Promise<Traces> {
    const { daemon } = fixture;
    return waitFor(
      'the first ones being gone',
      async () => {
        const traces = await tracesOf(daemon);
        return traces.links === 0 && traces.mounts === 0 && traces.monitors === 0 ? traces : null;
      },
      { timeout: 20_000, every: 500 },
    );
  }
});
