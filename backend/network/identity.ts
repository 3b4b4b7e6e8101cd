import { createHash } from 'node:crypto';

/** Names in the kernel that tell this daemon's things from another's on the same machine. */
export interface NetworkIdentity {
  /** What the bridge is called where `strata0` belongs to another daemon. */
  spareBridge: string;
  /** The address of the default bridge on its own link: the proof that a bridge is ours. */
  bridgeMac: string;
  /** How those of all other bridges begin. */
  macPrefix: string;
  macOf(networkId: string): string;
  nftTable: string;
  /** The host's end of an endpoint's veth pair; at most 15 characters, as the kernel wants. */
  veth(endpointId: string): string;
  vethPrefix: string;
}

/** The data root is what one daemon at a time owns, so its path names the daemon across restarts. */
export function identityOf(dataRoot: string): NetworkIdentity {
  const hash = createHash('sha256').update(dataRoot).digest('hex');
  const vethPrefix = `st${hash.slice(0, 6)}`;
  const macPrefix = `06:${pairs(hash.slice(0, 6))}:`;
  return {
    spareBridge: `strata-${hash.slice(0, 8)}`,
    bridgeMac: `02:42:${pairs(hash.slice(0, 8))}`,
    macPrefix,
    macOf: (networkId) => `${macPrefix}${pairs(networkId.slice(0, 4))}`,
    nftTable: `strata_${hash.slice(0, 8)}`,
    vethPrefix,
    veth: (endpointId) => `${vethPrefix}${endpointId.slice(0, 7)}`,
  };
}

const pairs = (hex: string): string => (hex.match(/../g) ?? []).join(':');
