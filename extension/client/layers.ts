import type { IncomingMessage } from 'node:http';
import {
  type LayerChanges,
  type LayerStack,
  layerChangesSchema,
  layerStackSchema,
  type MergedTree,
  mergedTreeSchema,
  type Provenance,
  provenanceSchema,
} from '../../backend/api/wire/strata-layers.ts';
import { type Api, pathOf } from './api.ts';

/** What has a stack of layers: an image by its id or reference, a container by its id. */
export interface StackSubject {
  kind: 'image' | 'container';
  id: string;
}

export function layerStack(api: Api, subject: StackSubject): Promise<LayerStack> {
  return api.json(layerStackSchema, { path: `${baseOf(subject)}/layers` });
}

/** What one layer of an image does, sorted by path. */
export function layerChanges(api: Api, image: string, position: number): Promise<LayerChanges> {
  const path = `${baseOf({ kind: 'image', id: image })}/layers/${position}/changes`;
  return api.json(layerChangesSchema, { path, timeoutMs: 60_000 });
}

/** What the writable layer of a container does. */
export function writableChanges(api: Api, container: string): Promise<LayerChanges> {
  const path = `${baseOf({ kind: 'container', id: container })}/changes`;
  return api.json(layerChangesSchema, { path, timeoutMs: 60_000 });
}

/** Everything that a process would see if the stack ended at this layer. */
export function mergedTree(api: Api, subject: StackSubject, at: number): Promise<MergedTree> {
  return api.json(mergedTreeSchema, {
    path: `${baseOf(subject)}/tree`,
    query: { at, path: '/', recursive: 1 },
    timeoutMs: 60_000,
  });
}

export function provenance(api: Api, subject: StackSubject, path: string): Promise<Provenance> {
  return api.json(provenanceSchema, { path: `${baseOf(subject)}/provenance`, query: { path } });
}

/** The content that one layer alone holds for a path. */
export function layerFile(
  api: Api,
  subject: StackSubject,
  path: string,
  layer: number,
): Promise<IncomingMessage> {
  return api.stream({ path: `${baseOf(subject)}/file`, query: { path, layer } });
}

function baseOf(subject: StackSubject): string {
  return subject.kind === 'image'
    ? pathOf`/strata/v1/images/${subject.id}`
    : pathOf`/strata/v1/containers/${subject.id}`;
}
