/** Ids `first` … `first + count - 1`. */
export interface IdRange {
  first: number;
  count: number;
}

/** Where ranges for containers are taken from, and what lies in there and is somebody else's. */
export interface IdPool {
  ranges: IdRange[];
  foreign: IdRange[];
}

/** The name that an administrator gives ids to us under. */
const OURS = 'strata';
/** SUB_UID_MIN and SUB_UID_MAX of login.defs(5): what useradd hands out to users is here too, and is left out. */
const DEFAULT_POOL: IdRange = { first: 100_000, count: 600_000_000 };

/**
 * From subuid(5) and subgid(5): what both files give to `strata`, else the range that distributions keep for this
 * purpose without what anybody else got of it. One range serves for users and groups, so that an owner's two ids
 * are moved by the same number.
 */
export function idPool(subuid: string, subgid: string): IdPool {
  const [users, groups] = [parse(subuid), parse(subgid)];
  const own = users.filter(({ name }) => name === OURS);
  const ownGroups = groups.filter(({ name }) => name === OURS);
  if (own.length + ownGroups.length > 0) {
    return { ranges: own.flatMap((user) => ownGroups.flatMap((group) => common(user, group))), foreign: [] };
  }
  return { ranges: [DEFAULT_POOL], foreign: [...users, ...groups] };
}

/** `name:first:count` a line. */
function parse(text: string): (IdRange & { name: string })[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', first = '', count = ''] = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, first: Number(first), count: Number(count) }];
  });
}

function common(a: IdRange, b: IdRange): IdRange[] {
  const first = Math.max(a.first, b.first);
  const count = Math.min(a.first + a.count, b.first + b.count) - first;
  return count > 0 ? [{ first, count }] : [];
}
