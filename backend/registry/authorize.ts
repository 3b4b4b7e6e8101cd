import { z } from 'zod';
import { messageOf, unavailable } from '../base/errors.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { basicHeader, type Credentials } from './credentials.ts';
import { isLoopback, type Endpoint } from './endpoints.ts';
import type { HttpTransport } from './http-request.ts';
import { readBody } from './read-body.ts';
import { refusalOf } from './registry-error.ts';

export interface AuthorizeContext {
  transport: HttpTransport;
  endpoint: Endpoint;
  /** Repository path that pulling is asked for. */
  path: string;
  credentials: Credentials | undefined;
  stallTimeout: number;
  signal: AbortSignal;
}

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * The `Authorization` header that answers a 401's challenge, or undefined where there is no answer.
 * @throws when the token service refuses or cannot be reached
 */
export async function answerChallenge(
  header: string | undefined,
  context: AuthorizeContext,
): Promise<string | undefined> {
  const challenges = parseChallenges(header);
  const { credentials } = context;
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) {
    if (credentials?.kind === 'registry-token') return `Bearer ${credentials.token}`;
    return `Bearer ${await requestToken(bearer, context)}`;
  }
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  if (basic && credentials?.kind === 'password')
    return basicHeader(credentials.username, credentials.password);
  return undefined;
}

async function requestToken(challenge: Challenge, context: AuthorizeContext): Promise<string> {
  const { transport, endpoint, signal, stallTimeout } = context;
  const realm = parseRealm(challenge, endpoint);
  const what = `${endpoint.host}/${context.path}`;
  const response = await transport.send(tokenUrl(realm, challenge, context), {
    ...tokenRequest(challenge, context),
    anyCertificate: endpoint.insecure,
    signal,
  });
  if (response.statusCode !== 200)
    throw (await refusalOf(response, realm.host, what, context.credentials !== undefined)).error;
  const body = await readBody(response, 1024 * 1024, stallTimeout, `the token of ${realm.host}`);
  const token = parseToken(body);
  if (!token) throw unavailable(`the token service ${realm.host} answered without a token for ${what}`);
  return token;
}

/** Secrets go to a token service only over TLS, or where the user allowed plain HTTP. */
export function parseRealm(challenge: Challenge, endpoint: Endpoint): URL {
  const text = challenge.parameters['realm'] ?? '';
  const realm = URL.parse(text);
  const allowed =
    realm?.protocol === 'https:' ||
    (realm?.protocol === 'http:' && (endpoint.insecure || isLoopback(realm.hostname)));
  if (!realm || !allowed)
    throw unavailable(`${endpoint.host} names a token service that cannot be used: ${JSON.stringify(text)}`);
  return realm;
}

function tokenUrl(realm: URL, challenge: Challenge, context: AuthorizeContext): URL {
  const url = new URL(realm);
  if (context.credentials?.kind === 'identity-token') return url;
  for (const [name, value] of tokenParameters(challenge, context)) url.searchParams.set(name, value);
  return url;
}

function tokenParameters({ parameters }: Challenge, context: AuthorizeContext): [string, string][] {
  const service = parameters['service'];
  // The scope is ours to ask for: a registry must not make us ask for more than pulling.
  const scope: [string, string] = ['scope', `repository:${context.path}:pull`];
  return service ? [['service', service], scope] : [scope];
}

/** An identity token is exchanged by OAuth 2 (POST); a password goes as basic authentication of a GET. */
function tokenRequest(
  challenge: Challenge,
  context: AuthorizeContext,
): { method?: 'POST'; headers?: Record<string, string>; body?: string } {
  const { credentials } = context;
  if (credentials?.kind === 'password')
    return { headers: { Authorization: basicHeader(credentials.username, credentials.password) } };
  if (credentials?.kind !== 'identity-token') return {};
  const form = new URLSearchParams([
    ...tokenParameters(challenge, context),
    ['grant_type', 'refresh_token'],
    ['refresh_token', credentials.token],
    ['client_id', 'strata'],
  ]);
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

function parseToken(body: Buffer): string | undefined {
  try {
    const { token, access_token } = tokenSchema.parse(JSON.parse(body.toString('utf8')));
    const value = token || access_token;
    // A token with a line break would end the header that it is put into.
    return value && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
  } catch (error) {
    throw unavailable(`the token service answered no JSON: ${messageOf(error).slice(0, 100)}`);
  }
}
