import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { pathsToLeaveOut, writableChanges } from '../../../../backend/engine/files/writable-changes.ts';
import type { LayerEntry } from '../../../../backend/layer/layer-index.ts';
import { directory, entry, file, layer, opaque, whiteout } from '../../layer/views/layer-entries.ts';

const image = layer(
  directory(''),
  directory('bin'),
  file('bin/sh', 'sh'),
  directory('data'),
  file('data/a', 'a'),
  file('data/b', 'b'),
  directory('data-2'),
  directory('etc'),
  file('etc/passwd', 'root'),
);

function diff(...upper: LayerEntry[]): string[] {
  return writableChanges([image, layer(directory(''), ...upper)]).map(
    ({ path, kind }) => `${kind[0]?.toUpperCase() ?? ''} ${path}`,
  );
}
const leftOut = (...upper: LayerEntry[]): string[] => [
  ...pathsToLeaveOut([image, layer(directory(''), ...upper)]),
];

describe('what a container changed', () => {
  it('an added, a modified and a deleted file change their directories', () => {
    const upper = [directory('data'), file('data/a', 'other'), whiteout('data/b'), file('data/c', 'c')];
    assert.deepEqual(diff(...upper), ['M data', 'M data/a', 'D data/b', 'A data/c']);
  });

  it('is listed in the order of a walk', () => {
    const upper = [
      directory('data'),
      file('data/z', ''),
      directory('data-2'),
      file('data-2/x', ''),
      file('a', ''),
    ];
    assert.deepEqual(diff(...upper), ['A a', 'M data', 'A data/z', 'M data-2', 'A data-2/x']);
  });

  it('a deleted directory is listed once', () => {
    assert.deepEqual(diff(whiteout('data')), ['D data']);
  });

  it('a directory made anew shows what it hides', () => {
    assert.deepEqual(diff(opaque('data'), file('data/n', 'n')), [
      'M data',
      'D data/a',
      'D data/b',
      'A data/n',
    ]);
  });

  it('a mode is a change, a directory’s time is none', () => {
    assert.deepEqual(diff(entry('bin', 'directory', { mode: 0o700 })), ['M bin']);
    assert.deepEqual(diff(entry('bin', 'directory', { mtime: 99 })), []);
  });

  it('a file that was only opened for writing is no change', () => {
    assert.deepEqual(diff(directory('bin'), file('bin/sh', 'sh')), []);
  });

  it('a replaced type is a change; what was in a directory went with it', () => {
    assert.deepEqual(diff(file('data', 'now a file')), ['M data']);
    assert.deepEqual(diff(directory('bin'), directory('bin/sh'), file('bin/sh/x', '')), [
      'M bin',
      'M bin/sh',
      'A bin/sh/x',
    ]);
  });

  it('the runtime’s places for its mounts are no changes', () => {
    const etc = entry('etc', 'directory', { mtime: 99 });
    const stubs = [directory('dev'), directory('proc'), directory('sys'), etc];
    const files = ['etc/hosts', 'etc/hostname', 'etc/resolv.conf'].map((path) => file(path, ''));
    assert.deepEqual(diff(...stubs, ...files), []);
    assert.deepEqual(diff(...stubs, ...files, file('etc/new', '')), ['M etc', 'A etc/new']);
    assert.deepEqual(diff(directory('dev'), file('dev/x', 'x')), ['A dev', 'A dev/x']);
  });
});

describe('what a committed layer leaves out', () => {
  it('places of mounts, and directories that nothing happened in', () => {
    const upper = [
      entry('etc', 'directory', { mtime: 99 }),
      file('etc/hosts', ''),
      directory('data'),
      directory('proc'),
    ];
    assert.deepEqual(leftOut(...upper).sort(), ['data', 'etc', 'etc/hosts', 'proc']);
  });

  it('keeps the way to what it keeps', () => {
    assert.deepEqual(leftOut(directory('etc'), file('etc/hosts', ''), file('etc/new', '')), ['etc/hosts']);
    assert.deepEqual(leftOut(directory('data'), whiteout('data/a')), []);
  });

  it('keeps files that look unchanged: a time may have been set back', () => {
    assert.deepEqual(leftOut(directory('bin'), file('bin/sh', 'sh')), []);
  });

  it('drops whiteouts of what is not there', () => {
    assert.deepEqual(leftOut(whiteout('ghost')), ['ghost']);
  });

  it('names paths as bytes', () => {
    assert.deepEqual(leftOut(whiteout('caf\u00e9')), ['caf\xc3\xa9']);
    assert.deepEqual(leftOut(whiteout('\\xff')), ['\xff']);
  });
});
