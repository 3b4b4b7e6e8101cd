import { callApi, type ApiCall } from '../support/api-client.ts';
import { startImageRegistry } from '../support/image-registry.ts';
import { SetupError } from './step.ts';

const NAME = 'strata/demo';

/** Where no registry can be reached and no image is there, one is made here and pulled, so there is something to see. */
export async function ensureDemoImage(socket: string): Promise<string> {
  const list = await ask(socket, '/images/json');
  const images = list.json() as unknown[];
  if (images.length > 0) return `${images.length} there already`;
  if (await hubAnswers()) return 'none yet, and docker.io can be reached: pull what you like';
  await using registry = await startImageRegistry(['demo']);
  const name = `${registry.host}/demo`;
  const pulled = await ask(socket, `/images/create?fromImage=${name}&tag=latest`, {
    method: 'POST',
    timeout: 60_000,
  });
  if (pulled.text.includes('"errorDetail"')) {
    throw new SetupError(`the demo image could not be pulled: ${pulled.text}`, 'look at the log of stratad');
  }
  await ask(socket, `/images/${name}:latest/tag?repo=${NAME}&tag=latest`, { method: 'POST' });
  await ask(socket, `/images/${name}:latest`, { method: 'DELETE' });
  return `no registry can be reached, so ${NAME}:latest was made here, five layers`;
}

async function ask(socket: string, path: string, call?: ApiCall) {
  const reply = await callApi(socket, path, call);
  if (reply.status < 400) return reply;
  throw new SetupError(
    `${call?.method ?? 'GET'} ${path} was answered ${reply.status}: ${reply.text}`,
    'look at the log of stratad',
  );
}

async function hubAnswers(): Promise<boolean> {
  try {
    const { status } = await fetch('https://registry-1.docker.io/v2/', {
      signal: AbortSignal.timeout(3_000),
    });
    return status === 401 || status === 200;
  } catch {
    return false;
  }
}
