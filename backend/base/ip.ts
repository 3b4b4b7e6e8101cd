import { isIPv4, isIPv6 } from 'node:net';
import { invalidArgument } from './errors.ts';

export type Family = 4 | 6;

/** An address as a number: 32 or 128 bits. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** A range of addresses: its first one, and how many leading bits are fixed. */
export interface Subnet {
  readonly family: Family;
  readonly first: bigint;
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Undefined for anything that is no address. */
export function tryParseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 4, value: quad(text) };
  if (isIPv6(text) && !text.includes('%')) return { family: 6, value: groups(text) };
  return undefined;
}

/** @throws invalid-argument */
export function parseIp(text: string): Ip {
  const ip = tryParseIp(text);
  if (!ip) throw invalidArgument(`invalid IP address ${text}`);
  return ip;
}

/** `address/length` as it was written, with host bits; undefined for anything else. */
export function tryParseCidr(text: string): { ip: Ip; prefixLength: number } | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const ip = tryParseIp(address);
  const prefixLength = Number(length);
  if (!ip || rest.length > 0 || !/^\d{1,3}$/.test(length) || prefixLength > BITS[ip.family]) return undefined;
  return { ip, prefixLength };
}

/** Cut to its prefix. @throws invalid-argument for anything but `address/length` */
export function parseSubnet(text: string): Subnet {
  const cidr = tryParseCidr(text);
  if (!cidr) throw invalidArgument(`invalid subnet ${text}: invalid CIDR block notation`);
  return subnetOf(cidr.ip, cidr.prefixLength);
}

export function subnetOf({ family, value }: Ip, prefixLength: number): Subnet {
  const size = 1n << BigInt(BITS[family] - prefixLength);
  return { family, first: (value / size) * size, prefixLength };
}

export function formatIp({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const words = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  return compress(words);
}

export function formatSubnet({ family, first, prefixLength }: Subnet): string {
  return `${formatIp({ family, value: first })}/${prefixLength}`;
}

export function subnetSize({ family, prefixLength }: Pick<Subnet, 'family' | 'prefixLength'>): bigint {
  return 1n << BigInt(BITS[family] - prefixLength);
}

export function lastOf(subnet: Subnet): bigint {
  return subnet.first + subnetSize(subnet) - 1n;
}

export function contains(subnet: Subnet, { family, value }: Ip): boolean {
  return family === subnet.family && value >= subnet.first && value <= lastOf(subnet);
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a);
}

/** Network byte order: 4 or 16 bytes. */
export function ipBytes({ family, value }: Ip): Buffer {
  return Buffer.from(value.toString(16).padStart(BITS[family] / 4, '0'), 'hex');
}

export function ipOfBytes(bytes: Buffer): Ip {
  return { family: bytes.length === 4 ? 4 : 6, value: BigInt(`0x${bytes.toString('hex')}`) };
}

function quad(text: string): bigint {
  return BigInt(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
}

function groups(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = quad(dotted[2] ?? '');
    return groups(`${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const [head = '', tail] = text.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const words = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return words.reduce((sum, word) => (sum << 16n) + BigInt(`0x${word}`), 0n);
}

/** The longest run of zeros, of two words at least, becomes `::` (RFC 5952). */
function compress(words: readonly string[]): string {
  const runs = [...words.join(' ').matchAll(/\b0(?: 0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  if (!longest) return words.join(':');
  const text = words.join(' ');
  const before = text.slice(0, longest.index).trim().split(' ').filter(Boolean);
  const after = text
    .slice(longest.index + longest[0].length)
    .trim()
    .split(' ')
    .filter(Boolean);
  return `${before.join(':')}::${after.join(':')}`;
}
