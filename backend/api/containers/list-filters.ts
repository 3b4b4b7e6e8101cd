import { codeOf, invalidArgument } from '../../base/errors.ts';
import type { Container } from '../../engine/containers/container.ts';
import { countsAsRunning } from '../../engine/containers/status.ts';
import type { EngineContext } from '../../engine/context.ts';
import type { Filters } from '../wire/query.ts';
import { hasLabel } from './has-label.ts';
import { portFilter } from './port-filter.ts';

type Matcher = (container: Container) => boolean;
/** Reads one value of a filter, once for all containers. @throws invalid-argument where it makes no sense */
type MakeMatcher = (value: string, engine: EngineContext) => Matcher;

const MATCHERS: Readonly<Record<string, MakeMatcher>> = {
  id:
    (value) =>
    ({ id }) =>
      id.startsWith(value),
  name: nameMatcher,
  label:
    (value) =>
    ({ config }) =>
      hasLabel(config.labels, value),
  status: oneOf(
    'status',
    ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'],
    (c) => c.state.status,
  ),
  health: oneOf(
    'health',
    ['starting', 'healthy', 'unhealthy', 'none'],
    (c) => c.state.health?.status ?? 'none',
  ),
  exited: exitedMatcher,
  ancestor: ancestorMatcher,
  network: networkMatcher,
  volume:
    (value) =>
    ({ mountPoints }) =>
      mountPoints.some(
        ({ name, destination, source }) => (name ?? source) === value || destination === value,
      ),
  before: (value, { containers }) => {
    const { created } = containers.resolve(value);
    return (container) => container.created < created;
  },
  since: (value, { containers }) => {
    const { created } = containers.resolve(value);
    return (container) => container.created > created;
  },
  publish: (value) => {
    const fits = portFilter('publish', value);
    // As Docker has it: the host's ports here, the container's in `expose`.
    return ({ sandbox }) =>
      sandbox?.ports.some(({ hostPort, protocol }) => fits(`${hostPort}/${protocol}`)) ?? false;
  },
  expose: (value) => {
    const fits = portFilter('expose', value);
    return ({ config }) => config.exposedPorts.some(fits);
  },
  'is-task': taskMatcher,
};

export const LIST_FILTERS = Object.keys(MATCHERS);

/**
 * Labels must all fit; of other filters one value has to.
 * @throws invalid-argument for a value that a filter does not know, not-found for a container that is named
 */
export function listMatcher(engine: EngineContext, filters: Filters): Matcher {
  const tests = [...filters].map(([name, values]) => {
    const matchers = values.flatMap((value) => MATCHERS[name]?.(value, engine) ?? []);
    return (container: Container): boolean =>
      name === 'label'
        ? matchers.every((fits) => fits(container))
        : matchers.length === 0 || matchers.some((fits) => fits(container));
  });
  return (container) => tests.every((fits) => fits(container));
}

function oneOf(
  filter: string,
  known: readonly string[],
  valueOf: (container: Container) => string,
): MakeMatcher {
  return (value) => {
    if (!known.includes(value)) throw invalidArgument(`invalid filter '${filter}=${value}'`);
    return (container) => valueOf(container) === value;
  };
}

/** Docker takes regular expressions; a name that is none is taken as it stands. The slash may be there or not. */
function nameMatcher(value: string): Matcher {
  const pattern = patternOf(value);
  return ({ name }) => pattern.test(name) || pattern.test(`/${name}`);
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  }
}

function exitedMatcher(value: string): Matcher {
  if (!/^-?\d+$/.test(value))
    throw invalidArgument(`invalid filter 'exited=${value}': expected an exit code`);
  const code = Number(value);
  return (container) =>
    container.state.startedAt !== '' && !countsAsRunning(container) && container.state.exitCode === code;
}

/** The image itself, or one that was built on top of it. An image that is not there fits nothing. */
function ancestorMatcher(value: string, { images }: EngineContext): Matcher {
  try {
    const { id, diffIds } = images.resolve(value);
    return (container) =>
      container.imageId === id ||
      (diffIds.length > 0 && diffIds.every((diffId, at) => container.diffIds[at] === diffId));
  } catch (error) {
    if (codeOf(error) !== 'not-found' && codeOf(error) !== 'invalid-argument') throw error;
    // Its record may be gone while containers of it live on.
    return ({ config, imageId }) => config.image === value || imageId === value;
  }
}

function networkMatcher(value: string): Matcher {
  return ({ hostConfig, networks, sandbox }) =>
    hostConfig.networkMode === value ||
    value in networks ||
    (sandbox?.endpoints.some(
      ({ networkId, networkName }) => networkName === value || (value !== '' && networkId.startsWith(value)),
    ) ??
      false);
}

/** No container of a single engine is a task of a swarm. */
function taskMatcher(value: string): Matcher {
  if (['1', 'true', 't', 'True', 'TRUE', 'T'].includes(value)) return () => false;
  if (['0', 'false', 'f', 'False', 'FALSE', 'F'].includes(value)) return () => true;
  throw invalidArgument(`invalid filter 'is-task=${value}'`);
}
