import type { ArchiveEntry } from '../support/tar-archive.ts';

interface HostileLayer {
  entries: ArchiveEntry[];
  /** What the message has to name. */
  names: RegExp;
}

/** Layers that have to be refused by a store with the limits of the layer store suite. */
export const HOSTILE_LAYERS: Readonly<Record<string, HostileLayer>> = {
  'a path with `..`': { entries: [{ name: 'a/../../evil' }], names: /a\/..\/..\/evil/ },
  'a hard link out of the layer': {
    entries: [{ name: 'hl', type: '1', link: '../../etc/passwd' }],
    names: /"hl"/,
  },
  'a hard link to what it does not have': {
    entries: [{ name: 'hl', type: '1', link: '/etc/passwd' }],
    names: /"hl".*"\/etc\/passwd"/,
  },
  'a loop of symlinks': {
    entries: [{ name: 'l1', type: '2', link: 'l2' }, { name: 'l2', type: '2', link: 'l1' }, { name: 'l1/x' }],
    names: /"l1\/x"/,
  },
  'a parent that is a file': { entries: [{ name: 'f' }, { name: 'f/x' }], names: /"f\/x"/ },
  'a whiteout of `..`': { entries: [{ name: 'd/.wh...' }], names: /\.wh\.\.\./ },
  'a name that is too long': { entries: [{ name: 'n', pax: { path: 'n'.repeat(300) } }], names: /nnn/ },
  'a path that is too long': {
    entries: [{ name: 'n', pax: { path: 'd/'.repeat(2500) } }],
    names: /d\/d/,
  },
  'a name with a zero byte': { entries: [{ name: 'n', pax: { path: 'a\0b' } }], names: /a.*b/ },
  'a bomb': {
    entries: [
      { name: 'ok', content: 'x' },
      { name: 'bomb', content: Buffer.alloc(2 ** 21) },
    ],
    names: /"bomb".*limit/,
  },
  'a huge sparse file': {
    entries: [{ name: 'huge', pax: { 'GNU.sparse.map': '0,0', 'GNU.sparse.size': '9000000000000' } }],
    names: /"huge".*limit/,
  },
  'too many entries': {
    entries: Array.from({ length: 101 }, (_, at) => ({ name: `many${at}` })),
    names: /"many99".*limit/,
  },
  'a giant PAX header': {
    entries: [{ name: 'pax', pax: { comment: 'c'.repeat(10_000) } }],
    names: /limit/,
  },
  'a device that cannot be': {
    entries: [{ name: 'dev', type: '3', device: [0o7777777, 1] }],
    names: /"dev"/,
  },
  'an unknown type': { entries: [{ name: 'odd', type: 'Z' }], names: /"odd"/ },
};
