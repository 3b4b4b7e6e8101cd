import assert from 'node:assert/strict';
import type { NetworkRecord, Sandbox } from '../../../backend/network/networks.ts';
import { waitFor } from '../../support/wait-for.ts';
import { wishFor, type Attached } from './daemon-process.ts';
import { MortalMachine } from './mortal-machine.ts';
import { port } from './network-fixture.ts';

/** Something that a daemon dies in the middle of. */
interface Work<State> {
  before(machine: MortalMachine): Promise<State>;
  work(machine: MortalMachine, state: State): Promise<unknown>;
  /** With a new daemon that knows nothing yet: recovers as the engine would, looks, and clears away. */
  after(machine: MortalMachine, state: State): Promise<void>;
  /** Where it was not interrupted. */
  clear(machine: MortalMachine, state: State): Promise<void>;
}

describe('a daemon that is killed between any two changes of the kernel or its records', function () {
  this.timeout(60_000);
  // Two machines share the points among them.
  let lanes: MortalMachine[] = [];

  before(async () => {
    lanes = await Promise.all([MortalMachine.make(), MortalMachine.make()]);
    for (const { daemon } of lanes) await daemon.make('second');
  });
  after(async () => {
    for (const lane of lanes) await lane[Symbol.asyncDispose]();
  });

  async function everywhere<State>(work: Work<State>, wanted: readonly RegExp[]): Promise<void> {
    const [first] = lanes;
    assert.ok(first);
    const state = await work.before(first);
    const points = await first.record(() => work.work(first, state));
    await work.clear(first, state);
    // A change of the code that passes fewer points would test less without telling.
    for (const pattern of wanted)
      assert.ok(
        points.some((point) => pattern.test(point)),
        `${pattern} in ${points}`,
      );
    const numbers = points.map((_, index) => index + 1);
    await Promise.all(
      lanes.map(async (lane, index) => {
        for (const number of numbers.filter((one) => one % lanes.length === index))
          await dieOnce(lane, work, number);
      }),
    );
  }

  async function dieOnce<State>(lane: MortalMachine, work: Work<State>, number: number): Promise<void> {
    const state = await work.before(lane);
    const point = await lane.dieAt(number, () => work.work(lane, state));
    if (point === null) return work.clear(lane, state);
    try {
      await work.after(lane, state);
      await lane.assertKept();
      // A namespace is freed in the kernel's own time.
      await waitFor('nothing else', () => lane.assertNothingElse().then(() => true), { timeout: 2_000 });
    } catch (error) {
      throw new Error(`killed at ${number}, ${point}: ${String(error)}`, { cause: error });
    }
  }

  const joinBoth = (lane: MortalMachine): Promise<Attached> =>
    lane.daemon.join('x', [port(8090)], 'second', 'kept');
  const KERNEL = [/addVethPair/, /addAddress/, /setDefaultRoute/];

  it('leaves nothing of an attach', async () => {
    let made: Attached | undefined;
    await everywhere<null>(
      {
        before: async () => null,
        work: async (lane) => (made = await joinBoth(lane)),
        after: async ({ daemon, keeper }) => void (await daemon.comeBack(keeper)),
        clear: async ({ daemon }) => {
          if (made) await daemon.detach(made);
        },
      },
      [...KERNEL, /attach: record/, /attach: namespace/, /attach: rules/, /kernel: apply/],
    );
  });

  for (const known of [true, false]) {
    it(`leaves nothing of a detach that the container’s record ${known ? 'does not know of yet' : 'knows of'}`, async () => {
      await everywhere<Attached>(
        {
          before: joinBoth,
          work: ({ daemon }, sandbox) => daemon.detach(sandbox),
          after: async ({ daemon, keeper }, sandbox) => {
            if (known) await daemon.detach(sandbox);
            await daemon.comeBack(keeper);
          },
          clear: async () => undefined,
        },
        [/detach: record/, /detach: namespace/, /detach: rules/],
      );
    });
  }

  /** The container has the network that the record says, and no other. */
  async function assertWorks(lane: MortalMachine, sandbox: Sandbox): Promise<void> {
    await lane.assertNothingElse(sandbox);
    const [endpoint] = sandbox.endpoints;
    const stop = await lane.visitors.serve(sandbox.netnsPath ?? '', 'x', 80);
    const { host, outside, hostAddress, outsideAddress } = lane.machine;
    assert.equal(
      await lane.visitors.ask(host, 'tcp', endpoint?.address ?? '', 80),
      `x:${endpoint?.gateway}:hello`,
    );
    assert.equal(await lane.visitors.ask(outside, 'tcp', hostAddress, 8090), `x:${outsideAddress}:hello`);
    await stop();
    await lane.visitors.leave(sandbox.netnsPath ?? '');
  }

  it('leaves nothing of a connect, and the container with what it had', async () => {
    await everywhere<Attached>(
      {
        before: ({ daemon }) => daemon.join('x', [port(8090)], 'second'),
        work: ({ daemon }, sandbox) =>
          daemon.connect(sandbox, wishFor('x', { network: 'kept', gwPriority: 1 })),
        after: async (lane, sandbox) => {
          const now = (await lane.daemon.comeBack(lane.keeper, sandbox)).find(
            ({ sandboxId }) => sandboxId === sandbox.sandboxId,
          );
          assert.deepEqual(now?.endpoints, sandbox.endpoints);
          await assertWorks(lane, sandbox);
          await lane.daemon.detach(sandbox);
        },
        clear: ({ daemon }, sandbox) => daemon.detach(sandbox),
      },
      [...KERNEL, /connect: record/, /connect: plug/, /connect: rules/, /connect: done/],
    );
  });

  it('has disconnected a container afterwards, or has not', async () => {
    const outcomes = new Set<number>();
    await everywhere<Attached>(
      {
        before: joinBoth,
        work: ({ daemon }, sandbox) => daemon.disconnect(sandbox, 'kept'),
        after: async (lane, sandbox) => {
          const now = (await lane.daemon.comeBack(lane.keeper, sandbox)).find(
            ({ sandboxId }) => sandboxId === sandbox.sandboxId,
          );
          assert.ok(now);
          outcomes.add(now.endpoints.length);
          await assertWorks(lane, now);
          await lane.daemon.detach(now);
        },
        clear: ({ daemon }, sandbox) => daemon.detach(sandbox),
      },
      [/disconnect: unplug/, /kernel: deleteLink/, /disconnect: record/, /disconnect: rules/],
    );
    assert.deepEqual([...outcomes].toSorted(), [1, 2]);
  });

  it('has made a network whole afterwards, or not at all', async () => {
    const wish = { enableIPv6: true, ranges: [{ subnet: '10.90.0.0/24' }, { subnet: 'fd90::/64' }] };
    await everywhere<null>(
      {
        before: async () => null,
        work: ({ daemon }) => daemon.make('new', wish),
        after: async ({ daemon, keeper, visitors, machine }) => {
          await daemon.comeBack(keeper);
          if (!(await daemon.list()).some(({ name }) => name === 'new')) await daemon.make('new', wish);
          const x = await daemon.join('x', [], 'new');
          assert.deepEqual([x.address, x.address6], ['10.90.0.2', 'fd90::2']);
          assert.equal(await visitors.ping(x.netnsPath ?? '', machine.outsideAddress), true);
          await daemon.detach(x);
          await daemon.remove('new');
        },
        clear: ({ daemon }) => daemon.remove('new'),
      },
      [/create: record/, /create: link/, /kernel: addBridge/, /kernel: addAddress/, /create: rules/],
    );
  });

  it('has removed a network whole afterwards, or not at all', async () => {
    await everywhere<NetworkRecord>(
      {
        before: ({ daemon }) => daemon.make('old'),
        work: ({ daemon }) => daemon.remove('old'),
        after: async ({ daemon, keeper }) => {
          await daemon.comeBack(keeper);
          if ((await daemon.list()).some(({ name }) => name === 'old')) await daemon.remove('old');
        },
        clear: async () => undefined,
      },
      [/remove: record/, /remove: link/, /kernel: deleteLink/, /remove: rules/],
    );
  });
});
