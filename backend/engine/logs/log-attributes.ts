import type { Container } from '../containers/container.ts';

/**
 * What `docker logs --details` prints before each line: the labels and variables that the log options name, and the
 * tag, as `key=value` in order of their keys, escaped like a query. Empty where the options name none.
 */
export function logDetails(container: Container): string {
  return [...logAttributes(container)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${escaped(key)}=${escaped(value)}`)
    .join(',');
}

function logAttributes(container: Container): Map<string, string> {
  const { config, hostConfig } = container;
  const { options } = hostConfig.logConfig;
  const env = config.env.map((text): [string, string] => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  const attributes = new Map([
    ...chosen(Object.entries(config.labels), options['labels'], options['labels-regex']),
    ...chosen(env, options['env'], options['env-regex']),
  ]);
  if (options['tag']) attributes.set('tag', filledIn(options['tag'], container));
  return attributes;
}

function chosen(
  pairs: readonly [string, string][],
  names: string | undefined,
  pattern: string | undefined,
): [string, string][] {
  const wanted = new Set((names ?? '').split(','));
  const fits = pattern ? new RegExp(pattern) : null;
  return pairs.filter(([name]) => wanted.has(name) || (fits?.test(name) ?? false));
}

/** The fields of a tag's template that Docker documents. */
function filledIn(template: string, { id, name, config, imageId }: Container): string {
  const image = imageId.replace(/^sha256:/, '');
  const fields: Readonly<Record<string, string>> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    ImageID: image.slice(0, 12),
    ImageFullID: imageId,
    ImageName: config.image,
    DaemonName: 'docker',
  };
  return template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole);
}

/** Go's url.QueryEscape. */
const escaped = (text: string): string => new URLSearchParams([[text, '']]).toString().slice(0, -1);
