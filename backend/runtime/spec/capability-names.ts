/** Capabilities in the order of their bits, from <linux/capability.h>. */
const BY_BIT = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
  SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

export const isCapability = (name: string): boolean => BY_BIT.includes(name);

/** Names of the bits that are set in a mask as /proc/<pid>/status prints it; bits that have no name yet are left out. */
export function namesOfMask(mask: bigint): string[] {
  return BY_BIT.filter((_name, bit) => (mask >> BigInt(bit)) & 1n);
}
