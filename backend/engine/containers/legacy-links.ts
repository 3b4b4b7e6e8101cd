import { conflict, invalidArgument, messageOf } from '../../base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Container, HostConfig } from './container.ts';

type Context = Pick<EngineContext, 'containers'>;

/** A container of the default bridge that another one knows by names of its own. */
export interface LegacyLink {
  /** The alias first. */
  names: string[];
  address: string;
  target: Container;
}

/** @throws invalid-argument for a link to a container that is not there, or that has no address of its own */
export function checkLinks(context: Context, { links }: Pick<HostConfig, 'links'>): void {
  for (const link of links) {
    const { name } = parseLink(link);
    const { hostConfig } = resolveTarget(context, name);
    if (hostConfig.networkMode === 'host') {
      throw invalidArgument(
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    }
  }
}

/**
 * The links of a starting container, with the addresses of the moment. As with Docker they mean something on the
 * default bridge alone; user-defined networks have a resolver.
 * @throws conflict for a link to a container that does not run
 */
export function legacyLinks(context: Context, { hostConfig, networks }: Container): LegacyLink[] {
  if (!('bridge' in networks)) return [];
  return hostConfig.links.flatMap((link) => {
    const { name, alias } = parseLink(link);
    const target = resolveTarget(context, name);
    if (target.state.status !== 'running')
      throw conflict(`Cannot link to a non running container: /${target.name} AS ${alias}`);
    const endpoint = target.sandbox?.endpoints.find(({ networkName }) => networkName === 'bridge');
    const address = endpoint?.address;
    // It runs in other networks: nothing to be reached on this one.
    if (!address) return [];
    return [{ names: [...new Set([alias, target.config.hostname, target.name])], address, target }];
  });
}

/** The variables that a container finds of those that it is linked to. The user's own win over them. */
export function linkEnvironment(context: Context, container: Container): string[] {
  return legacyLinks(context, container).flatMap((link) => variablesOf(container, link));
}

function parseLink(link: string): { name: string; alias: string } {
  const [name = '', alias = name] = link.split(':');
  return { name: name.replace(/^\//, ''), alias: alias.slice(alias.lastIndexOf('/') + 1) };
}

function resolveTarget({ containers }: Context, name: string): Container {
  try {
    return containers.resolve(name);
  } catch (error) {
    throw invalidArgument(`could not get container for ${name}: ${messageOf(error)}`, error);
  }
}

function variablesOf(container: Container, { names: [alias = ''], address, target }: LegacyLink): string[] {
  const prefix = alias.toUpperCase().replaceAll('-', '_');
  const ports = target.config.exposedPorts.map(splitPort).toSorted(byNumber);
  const [first] = ports;
  const inherited = target.config.env.filter((entry) => !/^(?:HOME|PATH)=/.test(entry));
  return [
    ...(first ? [`${prefix}_PORT=${first.protocol}://${address}:${first.port}`] : []),
    ...ports.flatMap(({ port, protocol }) => {
      const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      return [
        `${name}=${protocol}://${address}:${port}`,
        `${name}_ADDR=${address}`,
        `${name}_PORT=${port}`,
        `${name}_PROTO=${protocol}`,
      ];
    }),
    `${prefix}_NAME=/${container.name}/${alias}`,
    ...inherited.map((entry) => `${prefix}_ENV_${entry}`),
  ];
}

interface Port {
  port: number;
  protocol: string;
}

function splitPort(text: string): Port {
  const [port = '', protocol = 'tcp'] = text.split('/');
  return { port: Number(port), protocol };
}

/** TCP before the others at the same number. */
function byNumber(a: Port, b: Port): number {
  return a.port - b.port || Number(b.protocol === 'tcp') - Number(a.protocol === 'tcp');
}
