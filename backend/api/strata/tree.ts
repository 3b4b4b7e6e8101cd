import { notFound } from '../../base/errors.ts';
import { checkPosition, layerPath, type Stack } from '../../engine/layers/layer-stack.ts';
import { mergedTree } from '../../layer/views/merged-tree.ts';
import { treeBody } from '../wire/layer-views.ts';
import { flag, wholeNumber } from '../wire/query.ts';
import type { MergedTree } from '../wire/strata-layers.ts';
import type { StackHandler } from './layer-routes.ts';

export const sendTree: StackHandler = async (_context, stack, { query }) => {
  const at = positionOr(stack, query, 'at');
  const path = layerPath(query.get('path') ?? '/');
  const nodes = mergedTree(await stack.indexes(), at, { path, recursive: flag(query, 'recursive') });
  if (!nodes) throw notFound(`no such path at layer ${at}: /${path}`);
  const body: MergedTree = { at, entries: treeBody(nodes) };
  return { status: 200, body };
};

/** A position from the query; the top where none is given. */
export function positionOr(stack: Stack, query: URLSearchParams, name: string): number {
  const given = wholeNumber(query, name);
  return given === null ? stack.top : checkPosition(stack, given);
}
