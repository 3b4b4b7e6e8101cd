import { forbidden, resourceExhausted } from '../../base/errors.ts';
import {
  contains,
  formatIp,
  formatSubnet,
  lastOf,
  parseIp,
  parseSubnet,
  type Subnet,
} from '../../base/ip.ts';

/**
 * How long a released address rests: the kernel frees a namespace in its own time, and until then
 * its end of the veth pair still answers for the address.
 */
const REST = 5_000;

export interface PoolRange {
  subnet: string;
  /** Where addresses are given out of; empty: the whole subnet. */
  ipRange: string;
  gateway: string;
  auxAddresses: Readonly<Record<string, string>>;
}

/** Addresses of one subnet. Records of who has which are the caller's; this knows which are free. */
export class AddressPool {
  readonly subnet: Subnet;
  readonly #range: Subnet;
  readonly #now: () => number;
  readonly #reserved: ReadonlySet<bigint>;
  readonly #taken = new Set<bigint>();
  readonly #resting = new Map<bigint, number>();

  constructor({ subnet, ipRange, gateway, auxAddresses }: PoolRange, now = () => performance.now()) {
    this.subnet = parseSubnet(subnet);
    this.#range = ipRange === '' ? this.subnet : parseSubnet(ipRange);
    const others = [gateway, ...Object.values(auxAddresses)].filter((text) => text !== '');
    this.#reserved = new Set(others.map((text) => parseIp(text).value));
    this.#now = now;
  }

  /** The lowest free address, as Docker gives them out. @throws resource-exhausted */
  take(): string {
    this.#wake();
    const address = this.#lowest((candidate) => !this.#resting.has(candidate)) ?? this.#lowest(() => true);
    if (address === undefined) {
      throw resourceExhausted(
        `no available IPv${this.subnet.family} addresses in ${formatSubnet(this.#range)}: ${this.#taken.size} are taken`,
      );
    }
    this.#taken.add(address);
    return formatIp({ family: this.subnet.family, value: address });
  }

  /** An address that the user chose. @throws forbidden when it is taken or not of this subnet, in Docker's words */
  claim(address: string): string {
    const ip = parseIp(address);
    const { first } = this.subnet;
    if (
      !contains(this.subnet, ip) ||
      ip.value === first ||
      (this.#hasBroadcast && ip.value === lastOf(this.subnet))
    )
      throw forbidden(`Requested address ${address} is out of range of ${formatSubnet(this.subnet)}`);
    if (this.#taken.has(ip.value) || this.#reserved.has(ip.value))
      throw forbidden(`Address already in use: ${address}`);
    this.#taken.add(ip.value);
    return formatIp(ip);
  }

  /** An address that a container has from before. */
  reserve(address: string): void {
    this.#taken.add(parseIp(address).value);
  }

  release(address: string): void {
    const { value } = parseIp(address);
    if (this.#taken.delete(value)) this.#resting.set(value, this.#now() + REST);
  }

  get #hasBroadcast(): boolean {
    return this.subnet.family === 4 && this.subnet.prefixLength < 31;
  }

  #lowest(allowed: (address: bigint) => boolean): bigint | undefined {
    const { first } = this.subnet;
    const last = lastOf(this.#range);
    for (let address = this.#range.first; address <= last; address += 1n) {
      const usable = address !== first && !(this.#hasBroadcast && address === lastOf(this.subnet));
      if (usable && !this.#reserved.has(address) && !this.#taken.has(address) && allowed(address))
        return address;
    }
    return undefined;
  }

  #wake(): void {
    const now = this.#now();
    for (const [address, until] of this.#resting) if (until <= now) this.#resting.delete(address);
  }
}

/** Docker's way to a MAC address: from the IPv4 address, so that neighbours' ARP caches stay right when it is given out again. */
export function macOf(address: string): string {
  return ['02', '42', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(
    ':',
  );
}
