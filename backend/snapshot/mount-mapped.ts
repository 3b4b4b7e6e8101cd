import { lstatSync, opendirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, notImplemented, unavailable } from '../base/errors.ts';
import { dropPlace, makePlace } from '../linux/mount-place.ts';
import { unmount } from '../linux/mount.ts';
import type { UserNamespace } from '../linux/user-namespace.ts';
import { OVERFLOW_ID, toHost } from '../oci/id-mapping.ts';
import { mountOverlay, type OverlayMethod, type OverlayMount } from './mount-overlay.ts';

export interface MappedOverlay extends OverlayMount {
  userNamespace: UserNamespace;
  /** A directory for the time of the mounting; see `dropPlace` for what a crash leaves of it. */
  place: string;
}

/**
 * Mounts an overlay whose lowers show their owners as the user namespace maps them. overlayfs itself cannot be
 * mapped, and its upper must not be: what the container's root makes belongs on disk to whom it is outside.
 * The overlay keeps clones of its lowers, so that the mapped ones need a place only until it is mounted.
 * @throws unavailable where the mapping is not what the mount shows
 */
export function mountMapped(overlay: MappedOverlay, method: OverlayMethod): void {
  const { lowers, userNamespace, place, target } = overlay;
  try {
    const mapped = makePlace(
      place,
      lowers.map((source) => ({ source, userNamespace: userNamespace.fd })),
    );
    mountOverlay({ ...overlay, lowers: mapped }, method);
  } finally {
    dropPlace(place);
  }
  const wrong = wrongOwner(overlay);
  if (wrong === null) return;
  unmount(target);
  throw unavailable(`overlay on ${target} does not show the mapped owners: ${wrong}`);
}

/**
 * The flags of an overlay do not say whether the mapping holds; a file that only a lower has tells.
 * Null when it does, and where no such file is at the root.
 */
function wrongOwner({ lowers: [top = ''], upper, target, userNamespace }: MappedOverlay): string | null {
  const sample = firstUntouched(top, upper);
  if (sample === null) return null;
  const expected = toHost(userNamespace.mapping, lstatSync(join(top, sample)).uid) ?? OVERFLOW_ID;
  const shown = lstatSync(join(target, sample)).uid;
  return shown === expected ? null : `${sample} belongs to ${shown} instead of ${expected}`;
}

function firstUntouched(lower: string, upper: string): string | null {
  const directory = opendirSync(lower);
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
      // Whiteouts are character devices.
      const shown = !entry.isCharacterDevice() && !entry.name.includes('\ufffd');
      if (shown && !lstatSync(join(upper, entry.name), { throwIfNoEntry: false })) return entry.name;
    }
    return null;
  } finally {
    directory.closeSync();
  }
}

/**
 * Tries with empty directories whether such a mount works here, and shows the owners that it should.
 * @throws not-implemented with the kernel's reason
 */
export function tryMapped(overlay: MappedOverlay, method: OverlayMethod): void {
  try {
    // The root's, to tell whether it is mapped.
    for (const lower of overlay.lowers) writeFileSync(join(lower, 'sample'), '');
    mountMapped(overlay, method);
    unmount(overlay.target);
  } catch (error) {
    throw notImplemented(
      `user namespaces do not work on this host: layers cannot be shown with mapped owners (${messageOf(error)}). ` +
        'It takes Linux 5.19 or later and a data root on a file system that allows it, such as ext4, xfs or btrfs',
      error,
    );
  }
}
