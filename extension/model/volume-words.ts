import type { StrataVolume } from '../../backend/api/wire/strata-volumes.ts';

/** Sixty-four digits say nothing: of an anonymous volume twelve are shown, as of an image's id. */
export function volumeTitle({ name, anonymous }: StrataVolume): string {
  return anonymous && /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name;
}

/** `used by web, db`, `unused`, and where it is mounted from. */
export function volumeUse({ users, anonymous, options }: StrataVolume): string {
  const names = Array.from(new Set(users.map(({ name }) => name)));
  const use = names.length === 0 ? 'unused' : `used by ${names.join(', ')}`;
  return [use, anonymous ? 'anonymous' : '', options['type'] ?? ''].filter((part) => part !== '').join(' · ');
}

/** Docker's rule. Undefined where the name is a good one. */
export function complaintAboutName(name: string): string | undefined {
  if (name.length < 2) return 'A name has at least two characters';
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    return 'A name begins with a letter or digit, and has only these, _, . and -';
  return name.length > 255 ? 'A name has at most 255 characters' : undefined;
}
