import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 64 lower-case hexadecimal digits, as Docker prints them. */
export type ContainerId = Branded<'ContainerId'>;
export type ExecId = Branded<'ExecId'>;
export type NetworkId = Branded<'NetworkId'>;
export type EndpointId = Branded<'EndpointId'>;

const ID = /^[0-9a-f]{64}$/;

function newId(): string {
  // An id of decimal digits only would be taken for a number by tools that parse short ids.
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}

export const newContainerId = (): ContainerId => newId() as ContainerId;
export const newExecId = (): ExecId => newId() as ExecId;
export const newNetworkId = (): NetworkId => newId() as NetworkId;
export const newEndpointId = (): EndpointId => newId() as EndpointId;

export function isId(text: string): boolean {
  return ID.test(text);
}
