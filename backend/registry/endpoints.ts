import { isIP } from 'node:net';
import { invalidArgument } from '../base/errors.ts';

/** Where a registry is spoken to. */
export interface Endpoint {
  /** Ends without a slash; `/v2/…` is added to it. */
  base: URL;
  /** For messages: host and port. */
  host: string;
  /** Plain HTTP and unknown certificates are accepted. */
  insecure: boolean;
  /** Mirrors get no credentials of the registry that they stand in for. */
  mirror: boolean;
}

export interface EndpointOptions {
  /** Mirrors of docker.io, tried first, in order. */
  mirrors: readonly string[];
  /** `HOST[:PORT]`; without a port, every port of the host. */
  insecure: readonly string[];
}

/** Where to look for a domain's repositories, in order of trial. HTTPS comes before HTTP where both are allowed. */
export function endpointsOf(domain: string, options: EndpointOptions): Endpoint[] {
  if (domain !== 'docker.io') return endpointsAt(domain, isInsecure(domain, options.insecure));
  const mirrors = options.mirrors.map((mirror): Endpoint => {
    const base = parseMirror(mirror);
    const insecure = base.protocol === 'http:' || isInsecure(base.host, options.insecure);
    return { base, host: base.host, insecure, mirror: true };
  });
  return [...mirrors, ...endpointsAt('registry-1.docker.io', false)];
}

function endpointsAt(host: string, insecure: boolean): Endpoint[] {
  const at = (scheme: string): Endpoint => ({
    base: new URL(`${scheme}://${host}`),
    host,
    insecure,
    mirror: false,
  });
  return insecure ? [at('https'), at('http')] : [at('https')];
}

/** @throws invalid-argument when it is no http or https URL */
export function parseMirror(text: string): URL {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash || url.username)
    throw invalidArgument(`invalid registry mirror ${JSON.stringify(text)}: expected http(s)://HOST[:PORT]`);
  return url;
}

function isInsecure(host: string, insecure: readonly string[]): boolean {
  const name = hostName(host);
  return isLoopback(name) || insecure.includes(host) || insecure.includes(name);
}

function hostName(host: string): string {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host);
  return match?.[1] ?? host;
}

export function isLoopback(name: string): boolean {
  if (name === 'localhost' || name === '[::1]') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}
