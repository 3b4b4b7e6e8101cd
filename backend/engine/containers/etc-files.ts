import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostsFile, hostsLine, resolvConf } from '../../network/etc-files.ts';
import { readHostResolv } from '../../network/host-resolv.ts';
import type { Endpoint } from '../../network/networks.ts';
import type { EngineContext } from '../context.ts';
import { isPredefined, sharedContainer } from '../networks/network-names.ts';
import type { Container } from './container.ts';
import { knownHosts } from './known-hosts.ts';
import type { ReadyMount } from './prepare-mounts.ts';

type Context = Pick<EngineContext, 'layout' | 'networks' | 'containers'>;

const FILES = ['hosts', 'hostname', 'resolv.conf'] as const;

/**
 * /etc/hosts, /etc/hostname and /etc/resolv.conf, written anew at each start. Who shares the network of another
 * container shares its files too.
 */
export async function writeEtcFiles(context: Context, container: Container): Promise<ReadyMount[]> {
  const owner = networkOwner(context, container);
  if (owner === container) await writeOwn(context, container);
  return FILES.map((name) => ({
    source: pathOf(context, owner, name),
    destination: `/etc/${name}`,
    readOnly: container.hostConfig.readonlyRootfs,
    propagation: 'rprivate',
  }));
}

/** Who shares may be shared with in turn. A circle cannot start: each member waits for another one that runs. */
function networkOwner(context: Context, container: Container): Container {
  const shared = sharedContainer(container.hostConfig.networkMode);
  return shared === null ? container : networkOwner(context, context.containers.resolve(shared));
}

async function writeOwn(context: Context, container: Container): Promise<void> {
  const { config } = container;
  const contents = {
    hosts: await hostsText(context, container),
    hostname: `${config.hostname}\n`,
    'resolv.conf': await resolvText(container),
  };
  await Promise.all(
    FILES.map((name) => writeFile(pathOf(context, container, name), contents[name], { mode: 0o644 })),
  );
}

async function hostsText(context: Context, container: Container): Promise<string> {
  const { config, hostConfig, sandbox } = container;
  // In the host's own network the host's names are the right ones, as with Docker.
  if (hostConfig.networkMode === 'host' && hostConfig.extraHosts.length === 0)
    return readFile('/etc/hosts', 'utf8').catch(() => '');
  return hostsFile({
    hostname: config.hostname,
    domainname: config.domainname,
    addresses: sandbox?.endpoints.flatMap(addressesOf) ?? [],
    extraHosts: knownHosts(context, container),
  });
}

async function resolvText({ hostConfig, networks }: Container): Promise<string> {
  return resolvConf(await readHostResolv(), {
    ...hostConfig,
    sharesHostNetwork: hostConfig.networkMode === 'host',
    hasOwnResolver: Object.keys(networks).some((name) => !isPredefined(name)),
  });
}

/**
 * A running container joins or leaves networks: their names may take another resolver. What its own user wrote
 * stays. Files are written in place, as they are mounted.
 */
export async function refreshResolver<T>(
  context: Context,
  container: Container,
  change: () => Promise<T>,
): Promise<T> {
  const before = await resolvText(container);
  const result = await change();
  const after = await resolvText(container);
  const path = pathOf(context, container, 'resolv.conf');
  if (before !== after && (await readFile(path, 'utf8')) === before) await writeFile(path, after);
  return result;
}

/** It has joined one: its name has one more address. */
export async function addToHosts(context: Context, container: Container, endpoint: Endpoint): Promise<void> {
  const lines = addressesOf(endpoint).map((address) => hostsLine(address, container.config));
  if (lines.length > 0)
    await appendFile(pathOf(context, container, 'hosts'), `${lines.join('\n')}\n`, { flag: 'a' });
}

/** It has left one. What its own user wrote stays. */
export async function removeFromHosts(
  context: Context,
  container: Container,
  endpoint: Endpoint,
): Promise<void> {
  const path = pathOf(context, container, 'hosts');
  const gone = new Set(addressesOf(endpoint).map((address) => hostsLine(address, container.config)));
  const kept = (await readFile(path, 'utf8')).split('\n').filter((line) => !gone.has(line));
  await writeFile(path, kept.join('\n'));
}

function addressesOf({ address, address6 }: Endpoint): string[] {
  return [address, address6].filter((text) => text !== null);
}

function pathOf({ layout }: Pick<Context, 'layout'>, { id }: Container, name: string): string {
  return join(layout.container(id), name);
}
