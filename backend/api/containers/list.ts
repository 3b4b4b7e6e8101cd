import type { Container } from '../../engine/containers/container.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Route } from '../route.ts';
import { containerSummary } from '../wire/container-summary.ts';
import { flag, parseFilters, wholeNumber, type Filters } from '../wire/query.ts';
import { containerSize, imageName } from './image-name.ts';

const FILTERS = [
  'id',
  'name',
  'label',
  'status',
  'ancestor',
  'exited',
  'network',
  'volume',
  'before',
  'since',
  'health',
  'publish',
  'expose',
  'is-task',
];

export const listRoute = (engine: EngineContext): Route => ({
  method: 'GET',
  path: '/containers/json',
  handle: async ({ query }) => {
    const filters = parseFilters(query, FILTERS);
    const limit = wholeNumber(query, 'limit') ?? 0;
    const all = flag(query, 'all') || limit > 0 || filters.has('status') || filters.has('exited');
    const matching = engine.containers.all().filter(
      (container) =>
        // As with Docker, a container between two automatic restarts counts as running.
        (all || ['running', 'restarting'].includes(container.state.status)) &&
        matchesAll(engine, container, filters),
    );
    const chosen = limit > 0 ? matching.slice(0, limit) : matching;
    const body = await Promise.all(
      chosen.map((container) => summarise(engine, container, flag(query, 'size'))),
    );
    return { status: 200, body };
  },
});

async function summarise(
  engine: EngineContext,
  container: Container,
  withSize: boolean,
): Promise<Record<string, unknown>> {
  const size = withSize ? await containerSize(engine, container) : null;
  return containerSummary(container, { image: imageName(engine, container), size, now: Date.now() });
}

type Matcher = (container: Container, value: string, engine: EngineContext) => boolean;

const MATCHERS: Readonly<Record<string, Matcher>> = {
  id: ({ id }, value) => id.startsWith(value),
  name: ({ name }, value) => new RegExp(escapeUnlessPattern(value)).test(name) || `/${name}` === value,
  label: ({ config }, value) => hasLabel(config.labels, value),
  status: ({ state }, value) => state.status === value,
  exited: ({ state }, value) => state.status === 'exited' && state.exitCode === Number(value),
  ancestor: ({ imageId, config }, value, { images }) =>
    config.image === value ||
    imageId.replace('sha256:', '').startsWith(value.replace('sha256:', '')) ||
    sameImage(images, imageId, value),
  network: ({ hostConfig, networks, sandbox }, value) =>
    hostConfig.networkMode === value ||
    value in networks ||
    (sandbox?.endpoints.some(({ networkId }) => networkId === value) ?? false),
  volume: ({ mountPoints }, value) =>
    mountPoints.some(({ name, destination, source }) => [name, destination, source].includes(value)),
  before: (container, value, { containers }) => container.created < containers.resolve(value).created,
  since: (container, value, { containers }) => container.created > containers.resolve(value).created,
  health: (_container, value) => value === 'none',
  publish: ({ sandbox }, value) =>
    (sandbox?.ports ?? []).some(({ hostPort }) => hostPort === Number.parseInt(value, 10)),
  expose: ({ config }, value) =>
    config.exposedPorts.some((port) => port === value || port === `${value}/tcp`),
  'is-task': (_container, value) => value === 'false',
};

/** Labels must all fit; of other filters one value has to. */
function matchesAll(engine: EngineContext, container: Container, filters: Filters): boolean {
  return [...filters].every(([name, values]) => {
    const fits = (value: string): boolean => MATCHERS[name]?.(container, value, engine) ?? false;
    return name === 'label' ? values.every(fits) : values.some(fits);
  });
}

function sameImage(images: EngineContext['images'], id: string, name: string): boolean {
  const image = images.list().find((candidate) => candidate.id === id);
  return (
    image?.tags.some((tag) => tag === name || tag.endsWith(`/${name}`) || tag.endsWith(`/${name}:latest`)) ??
    false
  );
}

export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals === -1) return wanted in labels;
  return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}

/** Docker takes regular expressions; a name that is none is taken as it stands. */
function escapeUnlessPattern(text: string): string {
  try {
    void new RegExp(text);
    return text;
  } catch {
    return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  }
}
