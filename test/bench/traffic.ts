import { connect, createServer } from 'node:net';

// `serve PORT` swallows what comes and says so at the end of it; `send HOST PORT MB` prints how many milliseconds that takes.
const [verb = '', ...rest] = process.argv.slice(2);
const PIECE = Buffer.alloc(256 * 1024);

if (verb === 'serve') {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('end', () => socket.end('all'));
  });
  server.listen(Number(rest[0]), '0.0.0.0', () => process.stdout.write('ready\n'));
} else {
  const [host = '', port = '', megabytes = ''] = rest;
  let left = Number(megabytes) * 4;
  let answer = '';
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  const fill = (): void => {
    while (left > 0) {
      left -= 1;
      if (!socket.write(PIECE)) return;
    }
    socket.end();
    left = -1;
  };
  socket.once('connect', () => {
    const started = performance.now();
    socket.on('drain', () => {
      if (left >= 0) fill();
    });
    fill();
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('close', () => {
      process.stdout.write(`${performance.now() - started}\n`);
      process.exitCode = answer === 'all' ? 0 : 1;
    });
  });
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
