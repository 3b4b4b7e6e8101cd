import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { forbidden, notFound, unavailable, type StrataError } from '../base/errors.ts';
import { readBody } from './read-body.ts';

/** A registry's refusal as a sentence of ours, with the status and the registry's own words. */
export interface Refusal {
  status: number;
  /** Milliseconds that the registry asks to wait for. */
  retryAfter: number | undefined;
  error: StrataError;
}

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
  /** Token services answer in their own ways. */
  details: z.string().optional(),
  message: z.string().optional(),
  error_description: z.string().optional(),
});

/** Reads and closes a response that is no success. `what` begins the sentence: `manifest for x:1`, `blob sha256:…`. */
export async function refusalOf(
  response: IncomingMessage,
  host: string,
  what: string,
  loggedIn: boolean,
): Promise<Refusal> {
  const status = response.statusCode ?? 0;
  const said = await ownWords(response);
  const retryAfter = parseRetryAfter(response.headers['retry-after']);
  return { status, retryAfter, error: refusal(status, host, what, said, loggedIn) };
}

function refusal(status: number, host: string, what: string, said: string, loggedIn: boolean): StrataError {
  const words = said ? `: ${said}` : '';
  if (status === 404) return notFound(`${what} not found at ${host}${words}`);
  if (status === 429) return unavailable(`${host} allows no more requests now (429) for ${what}${words}`);
  if (status === 401 || status === 403) {
    // Answered as "not found", like Docker does: a 401 of ours would make the docker CLI ask for a login.
    if (!loggedIn)
      return notFound(
        `pull access denied for ${what} at ${host}: it does not exist or needs a login${words}`,
      );
    return forbidden(`${host} refused the credentials for ${what} (${status})${words}`);
  }
  return unavailable(`${host} answered ${status} for ${what}${words}`);
}

async function ownWords(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    text = (await readBody(response, 64 * 1024, 5000, 'error message')).toString('utf8');
    const { errors, details, message, error_description } = errorsSchema.parse(JSON.parse(text));
    const words = errors?.map(({ code, message }) =>
      [code?.toLowerCase(), message].filter(Boolean).join(': '),
    );
    return printable(words?.join('; ') || details || message || error_description || '');
  } catch {
    // Not JSON, too long, or broken off: a short plain text may still say why; pages of HTML do not.
    return text.length < 300 && !text.trimStart().startsWith('<') ? printable(text.trim()) : '';
  }
}

/** What a stranger's server says goes to a terminal: no control characters, no end. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}]+/gu, ' ').slice(0, 500);
}

function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Number(header) * 1000;
}
