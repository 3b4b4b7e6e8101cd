import type { RegistryClient } from '../../registry/registry-client.ts';
import type { Route } from '../route.ts';
import { toLoginRequest } from '../wire/auth.ts';

/** POST /auth: what `docker login` asks before it keeps a password. */
export const authRoute = (registry: RegistryClient): Route => ({
  method: 'POST',
  path: '/auth',
  handle: async (request) => {
    const { domain, credentials } = toLoginRequest(await request.json());
    const identityToken = await registry.login(domain, { credentials, signal: request.signal });
    return { status: 200, body: { Status: 'Login Succeeded', IdentityToken: identityToken } };
  },
});
