import { readFile } from 'node:fs/promises';
import { run } from '../../support/run.ts';
import type { ImageSource, LayerSource } from './oci-layout.ts';
import { directory, file, symlink, tarOf, type TarEntry } from './tar-layer.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The `busybox` image: Debian's static busybox with a link per applet, in one layer. */
export async function busyboxImage(): Promise<ImageSource> {
  return { layers: [await busyboxLayer()], config: { Env: [PATH], Cmd: ['sh'] } };
}

/** @throws where Debian's package `busybox-static` is missing */
export async function busyboxLayer(more: readonly TarEntry[] = []): Promise<LayerSource> {
  const program = await readFile('/usr/bin/busybox').catch(() => readFile('/bin/busybox'));
  const { stdout } = await run('busybox', ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const entries = [
    ...['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'var'].map((path) =>
      directory(path, path === 'root' ? 0o700 : 0o755),
    ),
    directory('tmp', 0o1777),
    file('bin/busybox', program, 0o755),
    ...applets.map((name) => symlink(`bin/${name}`, 'busybox')),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n'),
    file('etc/group', 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n'),
    ...more,
  ];
  return { instruction: 'ADD busybox.tar / # busybox-static of Debian', tar: () => tarOf(entries) };
}
