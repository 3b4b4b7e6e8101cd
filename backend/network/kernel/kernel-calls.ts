import { removeNamespace } from '../../linux/netns.ts';
import { hasStreamProtocol } from '../../linux/namespace-sockets.ts';
import { changeTranslations, forgetFlows, hasTable } from './firewall-calls.ts';
import { deleteBridge, deleteLinks, ensureBridges, hostStats, linkNames, survey } from './host-calls.ts';
import { ensureParents, lookAtParent } from './parent-calls.ts';
import { insideStats, makeNamespace, setUp, unplug } from './namespace-calls.ts';

const IPPROTO_SCTP = 132;

/** What runs in the kernel thread. All of it is synchronous; arguments and results are plain values. */
export const kernelCalls = {
  survey,
  ensureBridges,
  deleteBridge,
  linkNames,
  deleteLinks,
  hostStats,
  lookAtParent,
  ensureParents,
  makeNamespace,
  removeNamespace,
  setUp,
  unplug,
  insideStats,
  hasTable,
  changeTranslations,
  forgetFlows,
  hasSctp: () => hasStreamProtocol(IPPROTO_SCTP),
};
export type KernelCalls = typeof kernelCalls;
