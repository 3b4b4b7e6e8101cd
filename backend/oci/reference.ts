import { invalidArgument } from '../base/errors.ts';
import { isDigest, type Digest } from './digest.ts';

/**
 * A parsed image reference (distribution/reference grammar), always with its domain:
 * `nginx` is domain `docker.io`, path `library/nginx`.
 */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^[\w][\w.-]{0,127}$/;

/** @throws invalid-argument when `text` does not follow the reference grammar. */
export function parseReference(text: string): Reference {
  const [beforeDigest = '', digestText, ...more] = text.split('@');
  if (more.length > 0) throw invalidReference(text, 'more than one "@"');
  const digest = digestText === undefined ? undefined : digestPart(text, digestText);
  const { name, tag } = splitTag(beforeDigest);
  if (tag !== undefined && !TAG.test(tag)) throw invalidReference(text, `bad tag ${JSON.stringify(tag)}`);
  return { ...splitDomain(text, name), tag, digest };
}

function digestPart(text: string, digest: string): Digest {
  if (!isDigest(digest)) throw invalidReference(text, `bad digest ${JSON.stringify(digest)}`);
  return digest;
}

function splitTag(text: string): { name: string; tag?: string } {
  const colon = text.lastIndexOf(':');
  // A colon before the last slash belongs to the registry's port.
  if (colon === -1 || colon < text.lastIndexOf('/')) return { name: text };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function splitDomain(text: string, name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isDomain =
    first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase();
  const domain = isDomain ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io';
  const rest = isDomain ? name.slice(slash + 1) : name;
  const path = domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (rest !== rest.toLowerCase()) throw invalidReference(text, 'repository name must be lowercase');
  if (!PATH.test(path) || !DOMAIN.test(domain)) throw invalidReference(text, 'bad repository name');
  if (domain.length + path.length + 1 > 255)
    throw invalidReference(text, 'repository name is longer than 255');
  return { domain, path };
}

function invalidReference(text: string, why: string): Error {
  return invalidArgument(`invalid reference format: ${JSON.stringify(text)}: ${why}`);
}

/** `tag` defaults to `latest` where neither tag nor digest is given. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag || reference.digest ? reference : { ...reference, tag: 'latest' };
}

/** As people write it: without `docker.io/` and `library/`. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== 'docker.io') return `${reference.domain}/${reference.path}`;
  return reference.path.startsWith('library/') ? reference.path.slice('library/'.length) : reference.path;
}

export function familiarString(reference: Reference): string {
  const tag = reference.tag ? `:${reference.tag}` : '';
  const digest = reference.digest ? `@${reference.digest}` : '';
  return `${familiarName(reference)}${tag}${digest}`;
}

/** The whole reference, with its domain: the key that the image store keeps it under. */
export function canonicalString(reference: Reference): string {
  const tag = reference.tag ? `:${reference.tag}` : '';
  const digest = reference.digest ? `@${reference.digest}` : '';
  return `${reference.domain}/${reference.path}${tag}${digest}`;
}
