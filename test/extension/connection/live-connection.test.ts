import assert from 'node:assert/strict';
import { PassThrough, type Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionState } from '../../../extension/connection/connection.ts';
import { defaultTimes } from '../../../extension/connection/connect-options.ts';
import { ConnectFailure } from '../../../extension/connection/failure.ts';
import { LiveConnection } from '../../../extension/connection/live-connection.ts';
import type { Transport } from '../../../extension/connection/transport.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Line extends Transport {
  cut(reason: string): void;
  healthy: boolean;
}

/** An agent at the other end that answers pings as long as it is healthy. */
function line(): Line {
  let cut: (reason: Error) => void = () => undefined;
  const closed = new Promise<Error>((resolve) => {
    cut = resolve;
  });
  const made: Line = {
    healthy: true,
    closed,
    cut: (reason) => cut(new Error(reason)),
    end: () => cut(new Error('ended')),
    openApi: async () => {
      if (!made.healthy) throw new Error('nobody answers');
      return answering();
    },
    openTcp: async () => {
      throw new Error('nothing listens there');
    },
  };
  return made;
}

function answering(): Duplex {
  const stream = new PassThrough();
  stream.once('data', () => stream.push('HTTP/1.1 200 OK\r\n'));
  return stream;
}

describe('a live connection', () => {
  const lines: Line[] = [];
  let refuse: Error | undefined;
  let live: LiveConnection;
  let states: [ConnectionState, string | undefined][];

  beforeEach(async () => {
    lines.length = 0;
    refuse = undefined;
    states = [];
    live = new LiveConnection({
      name: 'box',
      times: { ...defaultTimes, probe: 50, open: 300, firstRetry: 10, lastRetry: 40 },
      establish: async () => {
        if (refuse) throw refuse;
        const made = line();
        lines.push(made);
        return made;
      },
    });
    live.onStateChange((state, reason) => states.push([state, reason]));
  });

  afterEach(async () => {
    await live[Symbol.asyncDispose]();
  });

  it('says connected only after the first transport stands', async () => {
    assert.equal(live.state, 'connecting');
    await live.start(undefined);
    assert.equal(live.state, 'connected');
  });

  it('tells the first failure to the caller and is disconnected', async () => {
    refuse = new ConnectFailure('auth-refused', 'no', { action: 'choose-key' });
    await assert.rejects(live.start(undefined), /no/);
    assert.equal(live.state, 'disconnected');
  });

  it('makes a new transport when the old one is gone', async () => {
    await live.start(undefined);
    lines[0]?.cut('cable pulled');
    await waitFor('a second line', () => lines.length === 2 && live.state === 'connected');
    assert.deepEqual(states.slice(-2), [
      ['reconnecting', 'cable pulled'],
      ['connected', undefined],
    ]);
  });

  it('notices by a ping that nobody answers, although the transport stands', async () => {
    await live.start(undefined);
    const [first] = lines;
    assert.ok(first);
    first.healthy = false;
    await waitFor('a second line', () => lines.length === 2);
    assert.ok(states.some(([state, reason]) => state === 'reconnecting' && reason === 'nobody answers'));
  });

  it('lets an opening wait for the connection to come back', async () => {
    await live.start(undefined);
    refuse = new Error('still away');
    lines[0]?.cut('away');
    await waitFor('the loss', () => live.state === 'reconnecting');
    const opening = live.openApi();
    await delay(30);
    refuse = undefined;
    (await opening).destroy();
  });

  it('does not let an opening wait for ever, and says why', async () => {
    await live.start(undefined);
    refuse = new Error('still away');
    lines[0]?.cut('away');
    await waitFor('the loss', () => live.state === 'reconnecting');
    await assert.rejects(live.openApi(), /box is not connected at the moment \(still away\)/);
  });

  it('stays disconnected after a failure that waiting cannot mend', async () => {
    await live.start(undefined);
    refuse = new ConnectFailure('host-key-changed', 'another key', { action: 'open-known-hosts' });
    lines[0]?.cut('away');
    await waitFor('the end', () => live.state === 'disconnected');
    assert.deepEqual(states.at(-1), ['disconnected', 'another key']);
    await assert.rejects(live.openApi(), /another key/);
  });

  it('takes a port where nothing listens for no loss', async () => {
    await live.start(undefined);
    await assert.rejects(live.openTcp('127.0.0.1', 1), /nothing listens/);
    await delay(20);
    assert.equal(live.state, 'connected');
  });

  it('ends while it is trying to come back', async () => {
    await live.start(undefined);
    refuse = new Error('away');
    lines[0]?.cut('away');
    await waitFor('the loss', () => live.state === 'reconnecting');
    await live[Symbol.asyncDispose]();
    assert.equal(live.state, 'disconnected');
  });
});
