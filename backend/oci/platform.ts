/** `platform` of an index entry (image-spec, image-index.md). */
export interface Platform {
  architecture: string;
  os: string;
  variant?: string | undefined;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/** The platform that this daemon runs containers for. */
export function hostPlatform(arch: string = process.arch): Platform {
  return { os: 'linux', architecture: ARCHITECTURES[arch] ?? arch };
}

export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}
