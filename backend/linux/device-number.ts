/** Major and minor of glibc's 64-bit device number, as `st_rdev` has it. */
export function deviceOf(device: bigint): [major: number, minor: number] {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return [Number(major), Number(minor)];
}
