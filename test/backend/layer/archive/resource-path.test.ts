import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { nameOfResource, parseResourcePath } from '../../../../backend/layer/archive/resource-path.ts';
import { foreignFilter, sniffCompression } from '../../../../backend/layer/archive/sniff-compression.ts';
import { splitInside } from '../../../../backend/layer/archive/inside-path.ts';

describe('paths of docker cp', () => {
  const parse = (path: string) => {
    const resource = parseResourcePath(path);
    return [
      resource.directory,
      resource.base,
      resource.isDirectory,
      resource.rename,
      nameOfResource(resource),
    ];
  };

  it('name what lies at them', () => {
    assert.deepEqual(parse('/etc/hosts'), ['/etc', 'hosts', false, 'hosts', 'hosts']);
    assert.deepEqual(parse('etc/hosts'), ['/etc', 'hosts', false, 'hosts', 'hosts']);
    assert.deepEqual(parse('/etc'), ['/', 'etc', false, 'etc', 'etc']);
  });

  it('a slash at the end means the directory, a dot its content', () => {
    assert.deepEqual(parse('/etc/'), ['/', 'etc', true, 'etc', 'etc']);
    assert.deepEqual(parse('/etc/.'), ['/', 'etc', true, '.', '.']);
  });

  it('the root has no name', () => {
    assert.deepEqual(parse('/'), ['/', '', true, '', '/']);
    assert.deepEqual(parse('/.'), ['/', '', true, '.', '.']);
    assert.deepEqual(parse('.'), ['/', '', true, '.', '.']);
  });

  it('go up by their text, and not out of the root', () => {
    assert.deepEqual(parse('/a/../../etc/passwd'), ['/etc', 'passwd', false, 'passwd', 'passwd']);
    assert.deepEqual(parse('..'), ['/', '', true, '', '/']);
  });
});

describe('paths in an archive', () => {
  it('are taken from the directory that is extracted to', () => {
    assert.deepEqual(splitInside('/a//./b/../c', ''), ['a', 'c']);
    assert.deepEqual(splitInside('./', ''), []);
  });

  it('that lead out are refused', () => {
    for (const path of ['..', '../x', 'a/../../x', '/..'])
      assert.throws(() => splitInside(path, path), { code: 'invalid-argument' }, path);
  });
});

describe('the compression of an archive', () => {
  it('is told by its first bytes', () => {
    assert.equal(sniffCompression(Buffer.from([0x1f, 0x8b, 8, 0])), 'gzip');
    assert.equal(sniffCompression(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])), 'zstd');
    assert.equal(sniffCompression(Buffer.from([0x53, 0x2a, 0x4d, 0x18])), 'zstd');
    assert.equal(sniffCompression(Buffer.from('file.txt')), 'none');
    assert.equal(sniffCompression(Buffer.alloc(0)), 'none');
  });

  it('has a program where Node cannot read it, which is no part of a layer', () => {
    for (const [start, program] of [
      [Buffer.from('BZh91'), 'bzip2'],
      [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'xz'],
    ] as const) {
      assert.equal(foreignFilter(start)?.program, program);
      assert.throws(() => sniffCompression(start), new RegExp(program));
    }
    assert.equal(foreignFilter(Buffer.from('BZ')), null);
    assert.equal(foreignFilter(Buffer.alloc(0)), null);
  });
});
