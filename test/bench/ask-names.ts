import { createSocket } from 'node:dgram';
import packet from 'dns-packet';

/** Runs inside a container's network namespace: asks at a steady rate, answered or not, and prints what came back. */
const [name = '', rateText, secondsText] = process.argv.slice(2);
const rate = Number(rateText);
const warmUp = rate;
const total = warmUp + rate * Number(secondsText);
const IDS = 0x10000;

const question = packet.encode({
  type: 'query',
  flags: packet.RECURSION_DESIRED,
  questions: [{ name, type: 'A' }],
});
const sentAt = new Float64Array(IDS);
const latencies: number[] = [];
let sent = 0;
let answered = 0;

const socket = createSocket({ type: 'udp4', recvBufferSize: 2 ** 22 });
socket.on('message', (message) => {
  const now = performance.now();
  if (message.readUInt16BE(6) !== 1) throw new Error(`no address of ${name} in ${message.toString('hex')}`);
  answered += 1;
  // The first second, in which both programs become warm, counts for what is lost alone.
  if (answered > warmUp) latencies.push(now - (sentAt[message.readUInt16BE(0)] ?? 0));
});
socket.connect(53, '127.0.0.11', () => send(performance.now()));

function send(began: number): void {
  const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
  for (; sent < due; sent += 1) {
    const message = Buffer.from(question);
    message.writeUInt16BE(sent % IDS);
    sentAt[sent % IDS] = performance.now();
    socket.send(message);
  }
  if (sent < total) setTimeout(send, 0, began);
  else setTimeout(finish, 1000);
}

function finish(): void {
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
  console.log(JSON.stringify({ sent, answered, median: at(0.5), p99: at(0.99) }));
  socket.close();
}
