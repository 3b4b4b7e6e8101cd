import type { Endpoint } from './endpoints.ts';
import type { HttpTransport } from './http-request.ts';

/** Milliseconds for a TLS server to show itself. */
const PROBE_TIMEOUT = 5000;

/** An insecure registry is offered TLS first; its plain endpoint is next in the list. */
export async function speaksOnlyHttp(
  transport: HttpTransport,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<boolean> {
  if (!endpoint.insecure || endpoint.mirror || endpoint.base.protocol !== 'https:') return false;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)]);
  try {
    const url = new URL('/v2/', endpoint.base);
    const response = await transport.send(url, { anyCertificate: true, signal: limited });
    response.resume();
    return false;
  } catch {
    // No TLS there, or nobody at all: the plain trial's own failure is the one worth telling.
    signal.throwIfAborted();
    return true;
  }
}
