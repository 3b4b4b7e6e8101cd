import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openRecords } from '../../../backend/store/records.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const schema = z.object({ n: z.int() });

describe('the records', () => {
  it('survive a restart, in the order of their keys', async () => {
    await using directory = await makeTempDir();
    const path = join(directory.path, 'db');
    {
      using records = openRecords(path);
      const table = records.table('things', schema);
      for (const n of [2, 1, 3]) table.put(`k${n}`, { n });
      table.put('k2', { n: 20 });
      table.delete('k3');
      table.delete('absent');
    }
    using records = openRecords(path);
    const table = records.table('things', schema);
    assert.deepEqual(table.all(), [{ n: 1 }, { n: 20 }]);
    assert.deepEqual([table.get('k2'), table.get('k3')], [{ n: 20 }, undefined]);
  });

  it('of a transaction that fails are as before', async () => {
    await using directory = await makeTempDir();
    using records = openRecords(join(directory.path, 'db'));
    const table = records.table('things', schema);
    table.put('a', { n: 1 });
    assert.throws(
      () =>
        records.transaction(() => {
          table.put('a', { n: 2 });
          table.put('b', { n: 3 });
          throw new Error('no');
        }),
      /no/,
    );
    assert.deepEqual(table.all(), [{ n: 1 }]);
    assert.equal(
      records.transaction(() => table.put('b', { n: 2 })),
      undefined,
    );
    assert.equal(table.all().length, 2);
  });

  it('that are damaged are named', async () => {
    await using directory = await makeTempDir();
    const path = join(directory.path, 'db');
    {
      using records = openRecords(path);
      records.table('things', z.unknown()).put('bad', { n: 'text' });
    }
    using records = openRecords(path);
    assert.throws(() => records.table('things', schema).all(), {
      code: 'internal',
      message: /record things\/bad/,
    });
  });

  it('of a newer daemon are not touched', async () => {
    await using directory = await makeTempDir();
    const path = join(directory.path, 'db');
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    assert.throws(() => openRecords(path), { code: 'internal', message: /newer stratad/ });
    const after = new DatabaseSync(path);
    assert.deepEqual({ ...after.prepare('PRAGMA user_version').get() }, { user_version: 99 });
    after.close();
  });

  it('have no table with a name that SQL would read otherwise', async () => {
    await using directory = await makeTempDir();
    using records = openRecords(join(directory.path, 'db'));
    assert.throws(() => records.table('x; DROP TABLE y', schema), { code: 'internal' });
  });
});
