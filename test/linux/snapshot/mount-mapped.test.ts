import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFileSystemRoot } from '../../../backend/linux/mount-state.ts';
import { detach, unmount } from '../../../backend/linux/mount.ts';
import { makeUserNamespace } from '../../../backend/linux/user-namespace.ts';
import { mountMapped, tryMapped } from '../../../backend/snapshot/mount-mapped.ts';
import { mountOverlay } from '../../../backend/snapshot/mount-overlay.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const MAPPING = { hostId: 300_000, size: 65_536 };

describe('an overlay with mapped owners', () => {
  let directory: TempDir;
  const at = (name: string): string => join(directory.path, name);
  const overlay = (lower = 'lower') => ({
    lowers: [at(lower)],
    upper: at('upper'),
    work: at('work'),
    target: at('target'),
    place: at('place'),
  });
  beforeEach(async () => {
    directory = await makeTempDir();
    for (const name of ['lower', 'upper', 'work', 'target']) mkdirSync(at(name));
  });
  afterEach(async () => {
    while (isFileSystemRoot(at('target'))) detach(at('target'));
    await directory[Symbol.asyncDispose]();
  });

  it('shows the files of its lower as the namespace maps them, and can be written to', async () => {
    using userNamespace = await makeUserNamespace(MAPPING);
    writeFileSync(at('lower/f'), '');
    mountMapped({ ...overlay(), userNamespace }, 'page');
    assert.equal(lstatSync(at('target/f')).uid, MAPPING.hostId);
    writeFileSync(at('target/new'), '');
    unmount(at('target'));
    assert.equal(lstatSync(at('lower/f')).uid, 0);
    assert.equal(readdirSync(directory.path).includes('place'), false);
  });

  it('is refused and gone where the namespace maps otherwise than it should', async () => {
    using userNamespace = await makeUserNamespace(MAPPING);
    const other = { ...userNamespace, fd: userNamespace.fd, mapping: { hostId: 400_000, size: 65_536 } };
    writeFileSync(at('lower/f'), '');
    assert.throws(() => mountMapped({ ...overlay(), userNamespace: other }, 'page'), {
      code: 'unavailable',
      message: /does not show the mapped owners: f belongs to 300000 instead of 400000/,
    });
    assert.equal(isFileSystemRoot(at('target')), false);
    // A trial with empty directories finds it too.
    await assert.rejects(async () => tryMapped({ ...overlay(), userNamespace: other }, 'page'), {
      code: 'not-implemented',
    });
  });

  it('is refused with the reason on a file system that cannot be mapped, and leaves nothing', async () => {
    using userNamespace = await makeUserNamespace(MAPPING);
    for (const name of ['inner-lower', 'inner-upper', 'inner-work', 'inner']) mkdirSync(at(name));
    mountOverlay(
      { lowers: [at('inner-lower')], upper: at('inner-upper'), work: at('inner-work'), target: at('inner') },
      'page',
    );
    try {
      assert.throws(() => tryMapped({ ...overlay('inner'), userNamespace }, 'page'), {
        code: 'not-implemented',
        message: /layers cannot be shown with mapped owners .*It takes Linux 5\.19 or later/,
      });
      assert.equal(readdirSync(directory.path).includes('place'), false);
    } finally {
      unmount(at('inner'));
    }
  });
});
