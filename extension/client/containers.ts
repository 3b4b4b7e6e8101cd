import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { type Api, pathOf } from './api.ts';
import {
  type ContainerDetails,
  type ContainerSummary,
  containerDetailsSchema,
  containerListSchema,
  createdContainerSchema,
} from './shapes/containers.ts';

/** All containers, or the one with this id. `size` makes the engine add up the writable layers. */
export function listContainers(
  api: Api,
  options: { id?: string; size?: boolean; signal?: AbortSignal } = {},
): Promise<ContainerSummary[]> {
  return api.json(containerListSchema, {
    path: '/containers/json',
    query: {
      all: true,
      ...(options.size === true ? { size: true } : {}),
      ...(options.id === undefined ? {} : { filters: JSON.stringify({ id: [options.id] }) }),
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

export function inspectContainer(api: Api, id: string): Promise<ContainerDetails> {
  return api.json(containerDetailsSchema, { path: pathOf`/containers/${id}/json` });
}

/** The whole document, for showing it as it is. */
export function inspectContainerRaw(api: Api, id: string): Promise<unknown> {
  return api.json(z.unknown(), { path: pathOf`/containers/${id}/json`, query: { size: true } });
}

/** Body of a create request, as far as the run command asks for it. */
export interface ContainerSpec {
  Image: string;
  Cmd?: string[];
  Tty: boolean;
  OpenStdin: boolean;
  ExposedPorts: Record<string, object>;
  HostConfig: { PortBindings: Record<string, { HostIp: string; HostPort: string }[]>; AutoRemove: boolean };
}

export async function createContainer(api: Api, name: string, spec: ContainerSpec): Promise<string> {
  const created = await api.json(createdContainerSchema, {
    method: 'POST',
    path: '/containers/create',
    query: { name: name === '' ? undefined : name },
    body: spec,
  });
  return created.Id;
}

export function startContainer(api: Api, id: string): Promise<void> {
  return api.send({ method: 'POST', path: pathOf`/containers/${id}/start` });
}

/** The engine sends SIGTERM, waits, then SIGKILL: the answer may take as long as the grace it gives. */
export function stopContainer(api: Api, id: string): Promise<void> {
  return api.send({ method: 'POST', path: pathOf`/containers/${id}/stop`, timeoutMs: 120_000 });
}

export function restartContainer(api: Api, id: string): Promise<void> {
  return api.send({ method: 'POST', path: pathOf`/containers/${id}/restart`, timeoutMs: 120_000 });
}

export function removeContainer(api: Api, id: string, force: boolean): Promise<void> {
  return api.send({
    method: 'DELETE',
    path: pathOf`/containers/${id}`,
    query: { force, v: true },
    timeoutMs: 120_000,
  });
}

/** Output of a container, from the last `tail` lines on and then as it is written. */
export function followLogs(
  api: Api,
  id: string,
  tail: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return api.stream({
    path: pathOf`/containers/${id}/logs`,
    query: { stdout: true, stderr: true, follow: true, tail },
    signal,
  });
}

/** The terminal of a container; it may not run yet. */
export function attachTerminal(api: Api, id: string, signal: AbortSignal): Promise<Duplex> {
  return api.upgrade({
    method: 'POST',
    path: pathOf`/containers/${id}/attach`,
    query: { stream: true, stdin: true, stdout: true, stderr: true },
    signal,
  });
}

export function resizeContainer(
  api: Api,
  id: string,
  size: { rows: number; columns: number },
): Promise<void> {
  return api.send({
    method: 'POST',
    path: pathOf`/containers/${id}/resize`,
    query: { h: size.rows, w: size.columns },
  });
}
