import { closeSync, constants, openSync } from 'node:fs';
import { invalidArgument, messageOf, unavailable } from '../base/errors.ts';
import { mountFileSystem } from '../linux/fs-context.ts';
import { isReadOnly } from '../linux/mount-state.ts';
import { mount, unmount } from '../linux/mount.ts';

export interface OverlayMount {
  /** Top first. */
  lowers: readonly string[];
  upper: string;
  work: string;
  target: string;
}

/** `each`: lowers given one by one (Linux 6.5 and later). `page`: all options in one page, by mount(2). */
export type OverlayMethod = 'each' | 'page';

/**
 * Mounts an overlay. The options are fixed: what a kernel turns on by its own default would make uppers
 * that another kernel, or our diff, reads wrong.
 * @throws unavailable when the kernel mounts it read-only, as it does silently with an unusable work directory
 */
export function mountOverlay(overlay: OverlayMount, method: OverlayMethod): void {
  if (method === 'each') mountEach(overlay);
  else mountPage(overlay);
  if (!isReadOnly(overlay.target)) return;
  unmount(overlay.target);
  throw unavailable(
    `overlay on ${overlay.target} came up read-only: the kernel cannot use the work directory ${overlay.work}`,
  );
}

const FIXED = [
  ['xino', 'off'],
  ['index', 'off'],
  ['metacopy', 'off'],
  ['redirect_dir', 'nofollow'],
] as const;

function mountEach({ lowers, upper, work, target }: OverlayMount): void {
  const options: (readonly [string, string])[] = [
    ['source', 'overlay'],
    ...lowers.map((lower) => ['lowerdir+', lower] as const),
    ['upperdir', upper],
    ['workdir', work],
    ...FIXED,
  ];
  mountFileSystem('overlay', options, target);
}

const PAGE = 4095;

/** Short names for long paths, also with colons in them: the directories are opened and named by descriptor. */
function mountPage({ lowers, upper, work, target }: OverlayMount): void {
  const descriptors: number[] = [];
  const short = (path: string): string => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    descriptors.push(fd);
    return `/proc/self/fd/${fd}`;
  };
  try {
    const fixed = FIXED.map(([key, value]) => `${key}=${value}`).join(',');
    const data = `lowerdir=${lowers.map(short).join(':')},upperdir=${short(upper)},workdir=${short(work)},${fixed}`;
    if (data.length > PAGE) throw invalidArgument(`${lowers.length} layers are too many for this kernel`);
    mount({ source: 'overlay', target, type: 'overlay', data });
  } finally {
    for (const fd of descriptors) closeSync(fd);
  }
}

/** Finds by trial which way works with these directories. @throws unavailable with both reasons */
export function probeOverlay(overlay: OverlayMount): OverlayMethod {
  const reasons: string[] = [];
  for (const method of ['each', 'page'] as const) {
    try {
      mountOverlay(overlay, method);
      unmount(overlay.target);
      return method;
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  throw unavailable(`overlayfs does not work on ${overlay.upper}: ${reasons.join('; ')}`);
}
