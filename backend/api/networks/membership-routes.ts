import { z } from 'zod';
import { connectContainer } from '../../engine/networks/connect-container.ts';
import { disconnectContainer } from '../../engine/networks/disconnect-container.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { endpointSettingsWire, toEndpointSettings } from '../wire/endpoint-settings.ts';

const container = z.string({ error: 'a container is required' });
const connectWire = z.looseObject({
  Container: container,
  EndpointConfig: endpointSettingsWire.nullish(),
});
const disconnectWire = z.looseObject({ Container: container, Force: z.boolean().nullish() });

export const connectRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/networks/:id/connect',
  handle: async (request) => {
    const { Container, EndpointConfig } = connectWire.parse((await request.json()) ?? {});
    const settings = toEndpointSettings(EndpointConfig);
    await connectContainer(engine, request.params['id'] ?? '', Container, settings);
    return { status: 200 };
  },
});

export const disconnectRoute = (engine: EngineContext): Route => ({
  method: 'POST',
  path: '/networks/:id/disconnect',
  handle: async (request) => {
    const { Container, Force } = disconnectWire.parse((await request.json()) ?? {});
    await disconnectContainer(engine, request.params['id'] ?? '', Container, { force: Force ?? false });
    return { status: 200 };
  },
});
