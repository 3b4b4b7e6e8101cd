import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../../support/run.ts';
import { debianMirror } from '../debian-mirror.ts';
import { cached } from './cache-dir.ts';
import { IMAGE_TIME, type ImageSource, type LayerSource } from './oci-layout.ts';
import { directory, file, symlink, tarOf } from './tar-layer.ts';

const SUITE = 'trixie';
const VERSION = 1;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A minimal Debian, as `debian:trixie-slim` is one. */
export async function debianImage(): Promise<ImageSource> {
  return { layers: [await debianLayer([])], config: { Env: [PATH], Cmd: ['bash'] } };
}

/** nginx from Debian's package, listening on 80, with its log on the standard streams. */
export async function nginxImage(): Promise<ImageSource> {
  const settings = {
    instruction: 'COPY index.html /var/www/html/ # buildkit',
    tar: () =>
      tarOf([
        directory('var'),
        directory('var/log'),
        directory('var/log/nginx'),
        symlink('var/log/nginx/access.log', '/dev/stdout'),
        symlink('var/log/nginx/error.log', '/dev/stderr'),
        directory('var/www'),
        directory('var/www/html'),
        file('var/www/html/index.html', '<h1>nginx in a container of Strata</h1>\n'),
      ]),
  };
  return {
    layers: [await debianLayer(['nginx']), settings],
    config: {
      Env: [PATH],
      Cmd: ['nginx', '-g', 'daemon off;'],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
    },
  };
}

/** Debian's root as one layer, from a tar that is kept by suite and packages. */
export async function debianLayer(packages: readonly string[]): Promise<LayerSource> {
  const name = ['debian', SUITE, ...packages, `v${VERSION}`].join('-');
  const made = await cached(name, (where) => debootstrap(join(where, 'root.tar'), packages));
  return {
    instruction: `ADD rootfs.tar.xz / # debian ${[SUITE, ...packages].join(' ')}`,
    tar: () => createReadStream(join(made, 'root.tar')),
  };
}

async function debootstrap(target: string, packages: readonly string[]): Promise<void> {
  const unneeded = ['doc', 'man', 'info', 'locale'].map(
    (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
  );
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  await runOk(
    'mmdebstrap',
    ['--quiet', '--variant=minbase', ...include, ...unneeded, SUITE, target, await debianMirror()],
    {
      timeout: 600_000,
      env: { ...process.env, SOURCE_DATE_EPOCH: String(IMAGE_TIME.getTime() / 1000), LC_ALL: 'C' },
    },
  );
}
