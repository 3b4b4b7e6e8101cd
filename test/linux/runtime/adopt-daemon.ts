import { readFileSync } from 'node:fs';
import { silentLogger } from '../../../backend/base/logger.ts';
import { createRuntime } from '../../../backend/runtime/create-runtime.ts';
import type { CreateRequest } from '../../../backend/runtime/runtime.ts';
import { createLayout } from '../../../backend/store/layout.ts';

// A daemon in small, to be killed: creates and starts the container of a request file, telling each step.
const [directory = '', requestFile = ''] = process.argv.slice(2);
const layout = createLayout(`${directory}/data`, `${directory}/run`);
const runtime = await createRuntime({ layout, logger: silentLogger });
const request = JSON.parse(readFileSync(requestFile, 'utf8')) as CreateRequest;
process.stdout.write('ready\n');
await runtime.create(request);
process.stdout.write('created\n');
await runtime.start(request.id);
process.stdout.write('started\n');
setInterval(() => undefined, 1000);
