import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { messageOf, unauthenticated, unavailable } from '../base/errors.ts';
import { parseRealm } from './authorize.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { basicHeader, type Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import type { HttpTransport } from './http-request.ts';
import { readBody } from './read-body.ts';

export interface LoginContext {
  transport: HttpTransport;
  endpoint: Endpoint;
  credentials: Credentials | undefined;
  stallTimeout: number;
  signal: AbortSignal;
}

/**
 * Shows a registry who the user is (`docker login`).
 * @returns what the registry wants to be shown instead of the password from now on; empty where that is the password
 * @throws unauthenticated in Docker's words; unavailable where nobody answers
 */
export async function checkLogin(context: LoginContext): Promise<string> {
  const url = new URL('/v2/', context.endpoint.base);
  const first = await ask(context, url, undefined);
  if (first.statusCode !== 401) return finish(first, url);
  const challenges = parseChallenges(first.headers['www-authenticate']);
  first.resume();
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const granted = bearer ? await requestGrant(bearer, context) : null;
  const header = granted ? `Bearer ${granted.token}` : passwordHeader(context.credentials);
  finish(await ask(context, url, header), url);
  return granted?.identityToken ?? '';
}

function finish(response: IncomingMessage, url: URL): string {
  const { statusCode = 0, statusMessage = '' } = response;
  response.resume();
  if (statusCode === 200) return '';
  throw unauthenticated(`login attempt to ${url.href} failed with status: ${statusCode} ${statusMessage}`);
}

async function ask(
  { transport, endpoint, signal }: LoginContext,
  url: URL,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  try {
    return await transport.send(url, {
      ...(authorization ? { headers: { Authorization: authorization } } : {}),
      anyCertificate: endpoint.insecure,
      signal,
    });
  } catch (error) {
    throw unavailable(`Get "${url.href}": ${messageOf(error)}`, error);
  }
}

function passwordHeader(credentials: Credentials | undefined): string | undefined {
  return credentials?.kind === 'password'
    ? basicHeader(credentials.username, credentials.password)
    : undefined;
}

const grantSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
});

interface Grant {
  token: string;
  identityToken: string;
}

/** Asks the token service for a token, and for one that lasts, as Docker's `offline_token` does. */
async function requestGrant(challenge: Challenge, context: LoginContext): Promise<Grant> {
  const { transport, endpoint, credentials, signal, stallTimeout } = context;
  if (credentials?.kind === 'registry-token') return { token: credentials.token, identityToken: '' };
  const realm = parseRealm(challenge, endpoint);
  const request = grantRequest(challenge, realm, credentials);
  const response = await transport.send(request.url, {
    ...request.options,
    anyCertificate: endpoint.insecure,
    signal,
  });
  if (response.statusCode !== 200) {
    response.resume();
    const why = `${response.statusCode ?? 0} ${response.statusMessage ?? ''}`;
    if (response.statusCode !== 401 && response.statusCode !== 403)
      throw unavailable(`Get "${realm.href}": the token service answered ${why}`);
    throw unauthenticated(`Get "${endpoint.base.origin}/v2/": unauthorized: incorrect username or password`);
  }
  const body = await readBody(response, 1024 * 1024, stallTimeout, `the token of ${realm.host}`);
  const { token, access_token, refresh_token } = grantSchema.parse(JSON.parse(body.toString('utf8')));
  return { token: token ?? access_token ?? '', identityToken: refresh_token ?? '' };
}

function grantRequest({ parameters }: Challenge, realm: URL, credentials: Credentials | undefined) {
  const service: [string, string][] = parameters['service'] ? [['service', parameters['service']]] : [];
  if (credentials?.kind === 'identity-token') {
    const grant = { grant_type: 'refresh_token', refresh_token: credentials.token, client_id: 'docker' };
    const form = new URLSearchParams([...service, ...Object.entries(grant)]);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return { url: realm, options: { method: 'POST' as const, headers, body: form.toString() } };
  }
  const url = new URL(realm);
  const account: [string, string][] =
    credentials?.kind === 'password' ? [['account', credentials.username]] : [];
  for (const [name, value] of [...account, ...service, ['client_id', 'docker'], ['offline_token', 'true']])
    url.searchParams.set(String(name), String(value));
  const header = passwordHeader(credentials);
  return { url, options: header ? { headers: { Authorization: header } } : {} };
}
