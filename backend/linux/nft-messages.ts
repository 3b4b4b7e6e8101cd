import { attribute, bigUint32, NLM_F_APPEND, NLM_F_CREATE, type NetlinkRequest } from './netlink.ts';

// From <linux/netfilter/nf_tables.h>. Messages bear the subsystem's number in their upper byte.
const message = (number: number): number => (10 << 8) | number;
export const NFT_MSG_GETTABLE = message(1);
const NFT_MSG_NEWTABLE = message(0);
const NFT_MSG_DELTABLE = message(2);
const NFT_MSG_NEWCHAIN = message(3);
const NFT_MSG_NEWRULE = message(6);
const NFT_MSG_NEWSETELEM = message(12);
const NFT_MSG_DELSETELEM = message(14);

export const NFTA_TABLE_NAME = 1;
const [CHAIN_TABLE, CHAIN_HOOK, CHAIN_NAME, CHAIN_TYPE] = [1, 4, 3, 7];
const [HOOK_NUMBER, HOOK_PRIORITY] = [1, 2];
const [RULE_TABLE, RULE_CHAIN, RULE_EXPRESSIONS] = [1, 2, 4];
const [ELEMENTS_TABLE, ELEMENTS_SET, ELEMENTS_LIST] = [1, 2, 3];
const [ELEMENT_KEY, ELEMENT_DATA] = [1, 2];
const LIST_ELEMENT = 1;
const DATA_VALUE = 1;
const [EXPRESSION_NAME, EXPRESSION_DATA] = [1, 2];
/** The kernel refuses some attributes without the flag that says that they hold others. */
const NESTED = 0x8000;

const FAMILIES = { inet: 1, ip: 2, ip6: 10 } as const;
export type NftFamily = keyof typeof FAMILIES;
export type NftMessage = Omit<NetlinkRequest, 'what'>;

export interface NftTable {
  family: NftFamily;
  name: string;
}

/** An element of a set, or of a map where it has a value. */
export interface NftElement {
  set: string;
  key: Buffer;
  value?: Buffer;
}

export function familyHeader(family: NftFamily): Buffer {
  return Buffer.from([FAMILIES[family], 0, 0, 0]);
}

export function newTable({ family, name }: NftTable): NftMessage {
  return build(NFT_MSG_NEWTABLE, NLM_F_CREATE, family, [attribute(NFTA_TABLE_NAME, name)]);
}

export function deleteTable({ family, name }: NftTable): NftMessage {
  return build(NFT_MSG_DELTABLE, 0, family, [attribute(NFTA_TABLE_NAME, name)]);
}

/** A chain that the kernel calls. @param hook its number: 0 prerouting … 3 output, 4 postrouting */
export function newBaseChain(
  { family, name }: NftTable,
  chain: { name: string; type: 'filter' | 'nat'; hook: number; priority: number },
): NftMessage {
  return build(NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, [
    attribute(CHAIN_TABLE, name),
    attribute(CHAIN_NAME, chain.name),
    attribute(
      CHAIN_HOOK | NESTED,
      attribute(HOOK_NUMBER, bigUint32(chain.hook)),
      attribute(HOOK_PRIORITY, bigUint32(chain.priority)),
    ),
    attribute(CHAIN_TYPE, chain.type),
  ]);
}

export function newRule(
  { family, name }: NftTable,
  chain: string,
  expressions: readonly Buffer[],
): NftMessage {
  return build(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, family, [
    attribute(RULE_TABLE, name),
    attribute(RULE_CHAIN, chain),
    attribute(RULE_EXPRESSIONS | NESTED, ...expressions),
  ]);
}

/** Adding one that is there with the same value does no harm; with another value it is EEXIST. */
export function addElements(table: NftTable, elements: readonly NftElement[]): NftMessage[] {
  return elements.map((element) => elementMessage(NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, element));
}

/** ENOENT where one is not there. */
export function deleteElements(table: NftTable, elements: readonly NftElement[]): NftMessage[] {
  return elements.map((element) => elementMessage(NFT_MSG_DELSETELEM, 0, table, element));
}

function elementMessage(
  type: number,
  flags: number,
  { family, name }: NftTable,
  element: NftElement,
): NftMessage {
  const { set, key, value } = element;
  return build(type, flags, family, [
    attribute(ELEMENTS_TABLE, name),
    attribute(ELEMENTS_SET, set),
    attribute(
      ELEMENTS_LIST | NESTED,
      attribute(
        LIST_ELEMENT | NESTED,
        attribute(ELEMENT_KEY | NESTED, attribute(DATA_VALUE, key)),
        ...(value ? [attribute(ELEMENT_DATA | NESTED, attribute(DATA_VALUE, value))] : []),
      ),
    ),
  ]);
}

function build(type: number, flags: number, family: NftFamily, parts: Buffer[]): NftMessage {
  return { type, flags, payload: Buffer.concat([familyHeader(family), ...parts]) };
}

const REGISTER = 1;
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;

/** The few expressions that a rule of ours is made of; each hands on in register 1. */
export const expressions = {
  /** Protocol number of the transport header. */
  transportProtocol: (): Buffer => expression('meta', [1, bigUint32(REGISTER)], [2, bigUint32(16)]),
  ipv4Destination: (): Buffer => payload(NETWORK_HEADER, 16, 4),
  destinationPort: (): Buffer => payload(TRANSPORT_HEADER, 2, 2),
  equals: (value: Buffer): Buffer =>
    expression(
      'cmp',
      [1, bigUint32(REGISTER)],
      [2, bigUint32(0)],
      [3 | NESTED, attribute(DATA_VALUE, value)],
    ),
  /** What is in the register becomes the destination port, and only that. */
  toPort: (port: number): Buffer[] => [
    expression('immediate', [1, bigUint32(REGISTER)], [2 | NESTED, attribute(DATA_VALUE, portBytes(port))]),
    expression('nat', [1, bigUint32(1)], [2, bigUint32(FAMILIES.ip)], [5, bigUint32(REGISTER)]),
  ],
};

function payload(base: number, offset: number, length: number): Buffer {
  return expression(
    'payload',
    [1, bigUint32(REGISTER)],
    [2, bigUint32(base)],
    [3, bigUint32(offset)],
    [4, bigUint32(length)],
  );
}

function expression(name: string, ...attributes: [type: number, value: Buffer][]): Buffer {
  return attribute(
    LIST_ELEMENT | NESTED,
    attribute(EXPRESSION_NAME, name),
    attribute(EXPRESSION_DATA | NESTED, ...attributes.map(([type, value]) => attribute(type, value))),
  );
}

export function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}

/** Parts of a concatenated key or value, each filled up to whole registers of four bytes. */
export function concatenated(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)])));
}
