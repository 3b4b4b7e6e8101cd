import assert from 'node:assert/strict';
import { readHostCpu } from '../../../backend/linux/host-cpu.ts';
import { parseNetDev } from '../../../backend/linux/net-dev.ts';

describe('counters of the kernel', () => {
  it('adds up the processor time of the machine, guests left out, and counts the processors', () => {
    const stat =
      'cpu  10 1 5 100 2 0 3 0 7 0\ncpu0 5 0 2 50 1 0 1 0 0 0\ncpu1 5 1 3 50 1 0 2 0 0 0\nintr 12\n';
    assert.deepEqual(readHostCpu(stat), { total: 1_210_000_000, online: 2 });
  });

  it('reads the traffic of each interface but the loopback', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  eth0:    1166      13    1    2    0     0          0         0      806       9    3    4    0     0       0          0
`;
    assert.deepEqual(parseNetDev(text), {
      eth0: {
        rxBytes: 1166,
        rxPackets: 13,
        rxErrors: 1,
        rxDropped: 2,
        txBytes: 806,
        txPackets: 9,
        txErrors: 3,
        txDropped: 4,
      },
    });
  });
});
