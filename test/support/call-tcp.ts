import { get } from 'node:http';

/** The status of a GET, or null where nobody answers. The body is thrown away. */
export function callTcp(url: string, timeout = 2_000): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = get(url, { agent: false, signal: AbortSignal.timeout(timeout) }, (response) => {
      response.once('error', () => resolve(null));
      response.resume();
      resolve(response.statusCode ?? null);
    });
    outgoing.once('error', () => resolve(null));
  });
}

/** The body of a GET as text. @throws where nobody answers or the status is no 200 */
export async function fetchText(url: string, timeout = 5_000): Promise<string> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(timeout),
    headers: { connection: 'close' },
  });
  if (response.status !== 200) throw new Error(`GET ${url} was answered ${response.status}`);
  return response.text();
}
