import assert from 'node:assert/strict';
import { byteString, compareNames, nameBytes, showName } from '../../../backend/layer/byte-names.ts';

describe('names as bytes', () => {
  it('shows UTF-8 as it is, escapes other bytes, and always leads back', () => {
    const shown: [Buffer, string][] = [
      [Buffer.from('plain'), 'plain'],
      [Buffer.from('héß😀'), 'héß😀'],
      [Buffer.from('a\xffb', 'latin1'), 'a\\xffb'],
      [Buffer.from('back\\slash'), 'back\\slash'],
      [Buffer.from('unit\\x2dname'), 'unit\\x5cx2dname'],
      [Buffer.from('\ufffd'), '\ufffd'],
      [Buffer.from([0xc3, 0x28, 0xe2, 0x82]), '\\xc3(\\xe2\\x82'],
      [Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
    ];
    for (const [bytes, text] of shown) {
      assert.equal(showName(byteString(bytes)), text);
      assert.deepEqual(nameBytes(text), bytes);
    }
  });

  it('orders by bytes, also beyond the basic plane', () => {
    assert.deepEqual(['a/b', 'a', '😀', '\uffee', 'a-b'].sort(compareNames), [
      'a',
      'a-b',
      'a/b',
      '\uffee',
      '😀',
    ]);
  });
});
