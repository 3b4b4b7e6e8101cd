import { closeSync, constants, openSync } from 'node:fs';
import { copyTree } from '../../linux/copy-tree.ts';
import { explainFailure } from './explain-failure.ts';
import type { CloneProgress, CloneTask } from './messages.ts';
import type { Output } from './output.ts';

const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/** The content tells of the progress, a line now and then. */
export function cloneTree(root: number, { target }: CloneTask): Output {
  const to = openSync(target, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return { stat: null, chunks: telling(root, to) };
}

function* telling(root: number, to: number): Generator<Buffer> {
  let bytes = 0;
  try {
    for (const more of copyTree(root, to)) {
      bytes += more;
      yield line({ bytes });
    }
  } catch (error) {
    throw explainFailure(error);
  } finally {
    closeSync(to);
  }
  yield line({ bytes });
}

function line(progress: CloneProgress): Buffer {
  const text = `${JSON.stringify(progress)}\n`;
  // Memory of its own, because it is handed over to another thread.
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text);
  return bytes;
}
