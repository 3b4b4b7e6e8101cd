import { resourceExhausted } from '../base/errors.ts';
import { formatAddress, formatSubnet, parseAddress, parseSubnet, type Subnet } from './ipv4.ts';
import { gatewayOf, lastUsable } from './subnet-pools.ts';

/**
 * How long a released address rests: the kernel frees a namespace in its own time, and until then
 * its end of the veth pair still answers for the address.
 */
const REST = 5_000;

/** Addresses of one subnet. Records of who has which are the caller's; this knows which are free. */
export class AddressPool {
  readonly #subnet: Subnet;
  readonly #now: () => number;
  readonly #taken = new Set<number>();
  readonly #resting = new Map<number, number>();

  constructor(subnet: string, now: () => number = () => performance.now()) {
    this.#subnet = parseSubnet(subnet);
    this.#now = now;
  }

  /** The lowest free address, as Docker gives them out. @throws resource-exhausted */
  take(): string {
    this.#wake();
    const address = this.#lowest((candidate) => !this.#resting.has(candidate)) ?? this.#lowest(() => true);
    if (address === undefined) {
      throw resourceExhausted(
        `no free address in ${formatSubnet(this.#subnet)}: ${this.#taken.size} are taken`,
      );
    }
    this.#taken.add(address);
    return formatAddress(address);
  }

  /** An address that a container has from before. */
  reserve(address: string): void {
    this.#taken.add(parseAddress(address));
  }

  release(address: string): void {
    const number = parseAddress(address);
    if (this.#taken.delete(number)) this.#resting.set(number, this.#now() + REST);
  }

  #lowest(allowed: (address: number) => boolean): number | undefined {
    const last = lastUsable(this.#subnet);
    for (let address = gatewayOf(this.#subnet) + 1; address <= last; address += 1) {
      if (!this.#taken.has(address) && allowed(address)) return address;
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
