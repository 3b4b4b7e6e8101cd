import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolveUser } from '../../../backend/runtime/spec/resolve-user.ts';

describe('resolveUser', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync('/var/tmp/strata-user-');
    mkdirSync(`${root}/etc`);
    writeFileSync(
      `${root}/etc/passwd`,
      '# comment\nroot:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nbroken:x\n',
    );
    writeFileSync(`${root}/etc/group`, 'root:x:0:\napp:x:1001:\nwheel:x:10:other,app\naudio:x:29:\n');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  for (const [user, groupAdd, expected] of [
    ['', [], { uid: 0, gid: 0, additionalGids: [0], home: '/root' }],
    ['app', [], { uid: 1000, gid: 1001, additionalGids: [1001, 10], home: '/home/app' }],
    ['1000', [], { uid: 1000, gid: 1001, additionalGids: [1001, 10], home: '/home/app' }],
    ['app:audio', [], { uid: 1000, gid: 29, additionalGids: [29], home: '/home/app' }],
    ['77', [], { uid: 77, gid: 0, additionalGids: [0], home: '/' }],
    ['77:88', [], { uid: 77, gid: 88, additionalGids: [88], home: '/' }],
    [
      'app',
      ['audio', '555'],
      { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29, 555], home: '/home/app' },
    ],
  ] as const) {
    it(`takes ${JSON.stringify(user)} with groups ${JSON.stringify(groupAdd)}`, () => {
      assert.deepEqual(resolveUser(root, user, groupAdd), expected);
    });
  }

  it('says which name has no entry, in Docker’s words', () => {
    assert.throws(() => resolveUser(root, 'x'), {
      code: 'invalid-argument',
      message: 'unable to find user x: no matching entries in passwd file',
    });
    assert.throws(() => resolveUser(root, 'app:y'), {
      message: 'unable to find group y: no matching entries in group file',
    });
    assert.throws(() => resolveUser(root, '-1'), { code: 'invalid-argument' });
    assert.throws(() => resolveUser(root, '4294967296'), /range/);
  });

  it('does without the files for numbers', () => {
    rmSync(`${root}/etc`, { recursive: true });
    assert.equal(resolveUser(root, '5:6').gid, 6);
    assert.throws(() => resolveUser(root, 'root'), /unable to find user root/);
  });

  it('follows symlinks inside the image and never out of it', () => {
    writeFileSync(`${root}/own`, 'inner:x:5:6::/:/bin/sh\n');
    rmSync(`${root}/etc/passwd`);
    symlinkSync('/own', `${root}/etc/passwd`);
    assert.equal(resolveUser(root, 'inner').uid, 5);
    rmSync(`${root}/etc/passwd`);
    symlinkSync('../../../../../../../../../etc/passwd', `${root}/etc/passwd`);
    // Leads back to itself: `..` above the root stays at the root.
    assert.throws(() => resolveUser(root, 'daemon'), /unable to find user daemon/);
    rmSync(`${root}/etc/passwd`);
    symlinkSync('/proc/self/root/etc/passwd', `${root}/etc/passwd`);
    assert.throws(() => resolveUser(root, 'daemon'), /unable to find user daemon/);
  });
});
