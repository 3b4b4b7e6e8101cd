export interface RootDescription {
  /** `overlay`, `ext4`, … */
  type: string;
  source: string;
  readonly: boolean;
  options: string;
  /** Of an overlay, top first. */
  lowerdirs: string[];
  upperdir: string | null;
  workdir: string | null;
}

export interface MountDescription {
  root: RootDescription;
  /** Paths hidden under an empty directory or /dev/null. */
  maskedPaths: string[];
  readonlyPaths: string[];
  mounts: { destination: string; type: string; source: string; root: string; readonly: boolean }[];
}

interface Mount {
  root: string;
  point: string;
  options: string[];
  type: string;
  source: string;
  superOptions: string;
}

/** From /proc/<pid>/mountinfo, which is written from the process' own root; proc_pid_mountinfo(5). */
export function describeMounts(mountinfo: string): MountDescription {
  const mounts = mountinfo.split('\n').flatMap(parse);
  const system = mounts.filter(({ point }) => /^\/(proc|sys)\/./.test(point));
  return {
    root: rootOf(mounts),
    maskedPaths: system.filter(isMask).map(({ point }) => point),
    readonlyPaths: system.filter(isReadonlyPart).map(({ point }) => point),
    mounts: mounts.map(({ point, type, source, root, options }) => {
      return { destination: point, type, source, root, readonly: options.includes('ro') };
    }),
  };
}

function parse(line: string): Mount[] {
  const [own = '', rest = ''] = line.split(' - ');
  const [, , , root, point, options] = own.split(' ');
  const [type, source, superOptions] = rest.split(' ');
  if (root === undefined || point === undefined || options === undefined || type === undefined) return [];
  return [
    {
      root: unescape(root),
      point: unescape(point),
      options: options.split(','),
      type,
      source: unescape(source ?? ''),
      superOptions: superOptions ?? '',
    },
  ];
}

/** The kernel writes space, tab, newline and backslash as octal. */
const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Directories are masked by an empty read-only tmpfs, files by a bind of /dev/null. */
const isMask = ({ type, root, options }: Mount): boolean =>
  root.endsWith('/null') || (type === 'tmpfs' && root === '/' && options.includes('ro'));

/** Part of proc or sysfs, bound onto itself to be read-only. */
const isReadonlyPart = ({ type, root, options }: Mount): boolean =>
  (type === 'proc' || type === 'sysfs') && root !== '/' && options.includes('ro');

function rootOf(mounts: readonly Mount[]): RootDescription {
  // The last one mounted at a place is the one that is seen.
  const mount = mounts.findLast(({ point }) => point === '/');
  const { type = '', source = '', superOptions = '', options = [] } = mount ?? {};
  const given = type === 'overlay' ? superOptions.split(',').map((option) => option.split(/=(.*)/s)) : [];
  const all = (name: string): string[] =>
    given.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []));
  return {
    type,
    source,
    options: superOptions,
    readonly: options.includes('ro'),
    lowerdirs: [...all('lowerdir').flatMap(splitColons), ...all('lowerdir+'), ...all('datadir+')].map(
      unescape,
    ),
    upperdir: all('upperdir').map(unescape)[0] ?? null,
    workdir: all('workdir').map(unescape)[0] ?? null,
  };
}

/** Colons between directories; one inside a name is written `\:`. */
const splitColons = (text: string): string[] =>
  text
    .split(/(?<!\\):+/)
    .filter(Boolean)
    .map((path) => path.replaceAll('\\:', ':'));
