import { invalidArgument } from '../../base/errors.ts';

/** What a tmpfs gets unless the option string says the opposite. */
const DEFAULTS = ['rw', 'noexec', 'nosuid', 'nodev'];
const FLAG_PAIRS = [
  ['rw', 'ro'],
  ['exec', 'noexec'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['relatime', 'norelatime'],
  ['strictatime', 'nostrictatime'],
  ['sync', 'async'],
  ['mand', 'nomand'],
  ['iversion', 'noiversion'],
];
const PROPAGATION = [
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'unbindable',
  'runbindable',
];
const DATA =
  /^(size|nr_blocks|nr_inodes)=\d+[kKmMgG%]?$|^mode=[0-7]{1,5}$|^(uid|gid)=\d+$|^mpol=[\w:,=-]+$|^huge=\w+$/;

/**
 * The mount options of a tmpfs from Docker's option string (`size=64m,exec`); the last of contradicting ones wins.
 * @throws invalid-argument naming the option that tmpfs does not have.
 */
export function tmpfsOptions(text: string): string[] {
  let options = [...DEFAULTS];
  for (const option of text.split(',').filter((part) => part !== '' && part !== 'defaults')) {
    if (!isKnown(option)) throw invalidArgument(`invalid tmpfs option ${JSON.stringify(option)}`);
    options = [...options.filter((other) => !contradicts(option, other)), option];
  }
  return options;
}

const isKnown = (option: string): boolean =>
  FLAG_PAIRS.some((pair) => pair.includes(option)) || PROPAGATION.includes(option) || DATA.test(option);

function contradicts(option: string, other: string): boolean {
  const key = (text: string): string => text.split('=')[0] ?? text;
  return (
    key(option) === key(other) || FLAG_PAIRS.some((pair) => pair.includes(option) && pair.includes(other))
  );
}
