import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { Credentials } from '../../registry/credentials.ts';

const text = z.string().nullish();
/** Body of POST /auth. */
const authWire = z.looseObject({
  username: text,
  password: text,
  auth: text,
  serveraddress: text,
  identitytoken: text,
  registrytoken: text,
});

export interface LoginRequest {
  /** `docker.io` or `HOST[:PORT]`. */
  domain: string;
  credentials: Credentials | undefined;
}

export function toLoginRequest(body: unknown): LoginRequest {
  const wire = authWire.parse(body ?? {});
  return { domain: toDomain(wire.serveraddress ?? ''), credentials: toCredentials(wire) };
}

/** Clients send names and URLs: `https://index.docker.io/v1/`, `127.0.0.1:5000`, `http://host:5000/v2/`. */
function toDomain(address: string): string {
  const host = address.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
  if (['', 'index.docker.io', 'docker.io', 'registry-1.docker.io'].includes(host)) return 'docker.io';
  if (!/^(?:\[[\da-fA-F:]+\]|[\w.-]+)(?::\d+)?$/.test(host))
    throw invalidArgument(`invalid field serveraddress: ${JSON.stringify(address)}: expected HOST[:PORT]`);
  return host;
}

function toCredentials(wire: z.infer<typeof authWire>): Credentials | undefined {
  if (wire.identitytoken) return { kind: 'identity-token', token: wire.identitytoken };
  if (wire.registrytoken) return { kind: 'registry-token', token: wire.registrytoken };
  return wire.username
    ? { kind: 'password', username: wire.username, password: wire.password ?? '' }
    : undefined;
}
