import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One line of a known_hosts file that speaks about the host in question. */
export interface KnownHost {
  marker: 'none' | 'revoked' | 'cert-authority';
  keyType: string;
  /** The public key's bytes, as on the wire. */
  key: Buffer;
  /** `file:line`, for messages. */
  location: string;
}

/** The lines that match `name` (`host`, or `[host]:port`), from all files in order. Missing files are empty. */
export async function readKnownHosts(files: readonly string[], name: string): Promise<KnownHost[]> {
  const found: KnownHost[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    found.push(...parseKnownHosts(text, file, name));
  }
  return found;
}

export function parseKnownHosts(text: string, file: string, name: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const entry = parseLine(line);
    if (entry === undefined || !namesHost(entry.hosts, name)) return [];
    const { marker, keyType, key } = entry;
    return [{ marker, keyType, key, location: `${file}:${at + 1}` }];
  });
}

type Line = Omit<KnownHost, 'location'> & { hosts: string };

const markers: Record<string, KnownHost['marker']> = {
  '@revoked': 'revoked',
  '@cert-authority': 'cert-authority',
};

function parseLine(line: string): Line | undefined {
  const fields = line.trim().split(/\s+/);
  if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return undefined;
  const marker = markers[fields[0]];
  const [hosts, keyType, key] = marker === undefined ? fields : fields.slice(1);
  // A marker that is not known makes the line void, as for ssh.
  if (hosts === undefined || keyType === undefined || key === undefined || hosts.startsWith('@'))
    return undefined;
  return { marker: marker ?? 'none', hosts, keyType, key: Buffer.from(key, 'base64') };
}

/** sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: patterns with `*` and `?`, negated by `!`, or one hashed name. */
function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  let matched = false;
  for (const pattern of hosts.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) matched = true;
  }
  return matched;
}

function matchesHash(hosts: string, name: string): boolean {
  const [, , salt, hash] = hosts.split('|');
  const expected = Buffer.from(hash ?? '', 'base64');
  const actual = createHmac('sha1', Buffer.from(salt ?? '', 'base64'))
    .update(name)
    .digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name.toLowerCase());
}

/** The name under which a host is looked up: the port is part of it unless it is 22. */
export function lookupName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** The type that a public key's bytes begin with. */
export function keyTypeOf(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Adds a key at the end of a known_hosts file, which is made where it is missing. */
export async function appendKnownHost(
  file: string,
  name: string,
  key: Buffer,
  hashed: boolean,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const before = await readFile(file, 'utf8').catch(() => '');
  // A file without a line end at its end would glue two entries together.
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const host = hashed ? hashName(name) : name;
  await appendFile(file, `${gap}${host} ${keyTypeOf(key)} ${key.toString('base64')}\n`, { mode: 0o600 });
}

function hashName(name: string): string {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update(name).digest();
  return `|1|${salt.toString('base64')}|${hash.toString('base64')}`;
}
