import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { conflict } from '../../base/errors.ts';
import type { Container } from '../containers/container.ts';
import type { FilesContext } from './files-context.ts';

/**
 * The stream, but for one whose container was removed meanwhile: files that vanish are left out of an archive, and
 * half a container must not look like a whole one. Either of the two streams ends with the other.
 */
export function whole({ engine }: FilesContext, container: Container, content: Readable): Readable {
  const checked = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
    flush: (done) => {
      const there = engine.containers.get(container.id) === container;
      done(there ? null : conflict(`container ${container.id} was removed while it was read`));
    },
  });
  pipeline(content, checked, () => undefined);
  return checked;
}
