import { pipeline } from 'node:stream/promises';
import { invalidArgument } from '../../base/errors.ts';
import { layerPath } from '../../engine/layers/layer-stack.ts';
import { openFile } from '../../engine/layers/open-file.ts';
import type { StackHandler } from './layer-routes.ts';
import { positionOr } from './tree.ts';

/** The content of a file, streamed: it may be large, and its reader slow. */
export const sendFile: StackHandler = async (context, stack, { query, signal }, response) => {
  const path = query.get('path');
  if (path === null) throw invalidArgument('missing parameter path');
  const place = query.has('layer')
    ? { layer: positionOr(stack, query, 'layer') }
    : { at: positionOr(stack, query, 'at') };
  const { content, size } = await openFile(context, stack, layerPath(path), place);
  response.setHeader('Content-Type', 'application/octet-stream');
  // A container's file may change its length while it is read.
  if (size >= 0) response.setHeader('Content-Length', size);
  try {
    await pipeline(content, response, { signal });
  } catch (error) {
    // The head is out: cutting the connection is the one way left to say that this was not all.
    if (!response.headersSent) throw error;
    response.destroy();
  }
  return undefined;
};
