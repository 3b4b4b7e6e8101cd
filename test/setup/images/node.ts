import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { debianLayer } from './debian.ts';
import type { ImageSource } from './oci-layout.ts';
import { directory, file, tarOf } from './tar-layer.ts';

const SERVER = `import { createServer } from 'node:http';
import { hostname } from 'node:os';
const server = createServer((request, response) => {
  console.log(request.method, request.url);
  response.end(JSON.stringify({ node: process.version, host: hostname(), path: request.url }) + '\\n');
});
server.listen(Number(process.env.PORT ?? 3000), '0.0.0.0', () => console.log('listening'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** Node.js as `node:24` is: its binary from npm in a Debian root, with a server to run. */
export async function nodeImage(): Promise<ImageSource> {
  const binary = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  const program = await readFile(binary);
  const layers = [
    await debianLayer([]),
    {
      instruction: 'COPY node /usr/local/bin/ # buildkit',
      tar: () =>
        tarOf([
          directory('usr'),
          directory('usr/local'),
          directory('usr/local/bin'),
          file('usr/local/bin/node', program, 0o755),
        ]),
    },
    {
      instruction: 'COPY server.mjs /app/ # buildkit',
      tar: () => tarOf([directory('app'), file('app/server.mjs', SERVER)]),
    },
  ];
  return {
    layers,
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['node', '/app/server.mjs'],
      WorkingDir: '/app',
      ExposedPorts: { '3000/tcp': {} },
    },
  };
}
