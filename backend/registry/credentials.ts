import { z } from 'zod';
import { invalidArgument } from '../base/errors.ts';

/** What a user proves who they are with. Never logged, never part of a message. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  | { kind: 'identity-token'; token: string }
  | { kind: 'registry-token'; token: string };

const authConfigSchema = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  /** base64 of `user:password`, as in Docker's configuration file. */
  auth: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});

/**
 * Docker's `X-Registry-Auth` header: base64url of a JSON object; empty where nobody is logged in.
 * @throws invalid-argument
 */
export function parseRegistryAuth(header: string | undefined): Credentials | undefined {
  if (!header) return undefined;
  const parsed = authConfigSchema.safeParse(decode(header));
  if (!parsed.success) throw invalidArgument('invalid X-Registry-Auth header: not an auth configuration');
  const { auth, identitytoken, registrytoken } = parsed.data;
  if (registrytoken) return { kind: 'registry-token', token: registrytoken };
  if (identitytoken) return { kind: 'identity-token', token: identitytoken };
  const { username, password } = parsed.data.username ? parsed.data : splitAuth(auth);
  return username ? { kind: 'password', username, password: password ?? '' } : undefined;
}

function decode(header: string): unknown {
  try {
    // Some clients send plain base64; Node's decoder takes both alphabets.
    return JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) ?? {};
  } catch {
    // The cause would quote the secret.
    throw invalidArgument('invalid X-Registry-Auth header: not base64url of JSON');
  }
}

function splitAuth(auth: string | undefined): { username?: string; password?: string } {
  if (!auth) return {};
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? {} : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
