import { busyboxLayer } from './busybox.ts';
import type { ImageSource } from './oci-layout.ts';
import { directory, file, opaque, tarOf, whiteout } from './tar-layer.ts';

const PAGE = (title: string, text: string) =>
  `<!doctype html>\n<html lang="en">\n<title>${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n</html>\n`;

/**
 * A small web server in five layers that show everything a layer can do: add, modify, delete, and
 * hide a whole directory. It is what a newcomer sees first where no registry can be reached.
 */
export async function demoImage(): Promise<ImageSource> {
  const base = await busyboxLayer([
    file('etc/motd', 'A small system with one program in it.\n'),
    file('etc/demo.conf', '# settings of the demo\nport = 8080\ngreeting = hello\ncolour = blue\n'),
    file('etc/legacy.conf', 'nobody reads this any more\n'),
    directory('var/cache'),
    directory('var/cache/demo'),
    ...Array.from({ length: 12 }, (_, i) => file(`var/cache/demo/old-${i}.bin`, Buffer.alloc(2048, i))),
  ]);
  return {
    layers: [base, addPages(), changeSettings(), removeLegacy(), rebuildCache()],
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin', 'DEMO=layers'],
      // httpd alone, as process 1, would not hear SIGTERM, and every stop would take ten seconds.
      Cmd: ['sh', '-c', "trap 'exit 0' TERM INT; httpd -f -v -p 8080 -h /srv/www & wait"],
      WorkingDir: '/srv/www',
      ExposedPorts: { '8080/tcp': {} },
      Labels: { 'org.opencontainers.image.title': 'Strata demo' },
    },
  };
}

const addPages = () => ({
  instruction: 'COPY www /srv/www # buildkit',
  tar: () =>
    tarOf([
      directory('srv'),
      directory('srv/www'),
      file('srv/www/index.html', PAGE('Strata demo', 'This file was added by the second layer.')),
      file('srv/www/about.html', PAGE('About', 'Five layers, one writable layer on top.')),
      file('srv/www/style.css', 'body { font-family: sans-serif; color: blue; }\n'),
    ]),
});

const changeSettings = () => ({
  instruction:
    "RUN /bin/sh -c sed -i 's/blue/green/; s/hello/welcome/' /etc/demo.conf /srv/www/style.css # buildkit",
  tar: () =>
    tarOf([
      directory('etc'),
      file('etc/demo.conf', '# settings of the demo\nport = 8080\ngreeting = welcome\ncolour = green\n'),
      directory('srv'),
      directory('srv/www'),
      file('srv/www/style.css', 'body { font-family: sans-serif; color: green; }\n'),
    ]),
});

const removeLegacy = () => ({
  instruction: 'RUN /bin/sh -c rm /etc/legacy.conf /srv/www/about.html # buildkit',
  tar: () =>
    tarOf([
      directory('etc'),
      whiteout('etc/legacy.conf'),
      directory('srv'),
      directory('srv/www'),
      whiteout('srv/www/about.html'),
    ]),
});

const rebuildCache = () => ({
  instruction: 'RUN /bin/sh -c rm -rf /var/cache/demo && mkdir /var/cache/demo && warm-up # buildkit',
  tar: () =>
    tarOf([
      directory('var'),
      directory('var/cache'),
      directory('var/cache/demo'),
      opaque('var/cache/demo'),
      file('var/cache/demo/index.bin', Buffer.alloc(4096, 7)),
    ]),
});
