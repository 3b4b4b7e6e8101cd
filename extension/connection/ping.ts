import type { Duplex } from 'node:stream';
import { ConnectFailure } from './failure.ts';

/** Asks the agent for `_ping` over a new stream. @throws ConnectFailure `agent-silent` when it does not answer as an engine does */
export async function ping(open: (signal: AbortSignal) => Promise<Duplex>, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const stream = await open(signal);
  const late = (): void => {
    stream.destroy(silent(`the agent did not answer within ${timeoutMs / 1000} s`));
  };
  signal.addEventListener('abort', late, { once: true });
  try {
    stream.write('GET /_ping HTTP/1.1\r\nHost: strata\r\nConnection: close\r\n\r\n');
    let answer = '';
    for await (const chunk of stream) {
      answer += String(chunk);
      if (answer.includes('\r\n')) break;
    }
    if (answer.startsWith('HTTP/1.1 200 ')) return;
    throw silent(`the agent answered ${JSON.stringify(answer.split('\r\n')[0] ?? '')} instead of a ping`);
  } finally {
    signal.removeEventListener('abort', late);
    stream.destroy();
  }
}

function silent(message: string): ConnectFailure {
  return new ConnectFailure('agent-silent', message, { action: 'retry' });
}
