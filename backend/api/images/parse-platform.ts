import { invalidArgument } from '../../base/errors.ts';
import type { Platform } from '../../oci/platform.ts';

const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
};

/** `linux/arm64/v8`, or an architecture alone. @throws invalid-argument */
export function parsePlatform(text: string | null): Platform | undefined {
  if (!text) return undefined;
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part)))
    throw invalidArgument(`invalid platform ${JSON.stringify(text)}: expected OS/ARCHITECTURE[/VARIANT]`);
  const [os = 'linux', architecture = '', variant] = parts.length === 1 ? ['linux', ...parts] : parts;
  return { os, architecture: ALIASES[architecture] ?? architecture, variant };
}
