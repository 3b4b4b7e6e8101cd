import { invalidArgument } from '../base/errors.ts';

/** A range of IPv4 addresses: its first one as a number, and how many leading bits are fixed. */
export interface Subnet {
  readonly first: number;
  readonly prefixLength: number;
}

/** @throws invalid-argument for anything but `a.b.c.d/n`. */
export function parseSubnet(text: string): Subnet {
  const [address = '', length = '', ...rest] = text.split('/');
  const prefixLength = Number(length);
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || prefixLength > 32) {
    throw invalidArgument(
      `invalid subnet ${text}: expected an address and a prefix length such as 172.17.0.0/16`,
    );
  }
  return { first: firstOf(parseAddress(address), prefixLength), prefixLength };
}

/** @throws invalid-argument */
export function parseAddress(text: string): number {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw invalidArgument(`invalid IPv4 address ${text}`);
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

export function formatSubnet({ first, prefixLength }: Subnet): string {
  return `${formatAddress(first)}/${prefixLength}`;
}

export function subnetSize(prefixLength: number): number {
  return 2 ** (32 - prefixLength);
}

export function overlap(a: Subnet, b: Subnet): boolean {
  const shorter = Math.min(a.prefixLength, b.prefixLength);
  return firstOf(a.first, shorter) === firstOf(b.first, shorter);
}

function firstOf(address: number, prefixLength: number): number {
  const size = subnetSize(prefixLength);
  return Math.floor(address / size) * size;
}
