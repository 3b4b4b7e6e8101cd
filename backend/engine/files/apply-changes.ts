import { posix } from 'node:path';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { invalidArgument, messageOf, StrataError } from '../../base/errors.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { mergeEnv } from '../containers/merge-config.ts';
import { parseExposed, parseHealthcheck } from './instruction-values.ts';
import { expandText, shellWords } from './shell-words.ts';

/** What runs in a container of an image (image-spec, config.md). */
export type RunConfig = NonNullable<ImageConfig['config']>;

/**
 * Instructions of a Dockerfile on top of a configuration, as `docker commit --change` takes them.
 * @throws invalid-argument naming the instruction
 */
export function applyChanges(config: RunConfig, changes: readonly string[]): RunConfig {
  const instructions = changes.flatMap((text) => DockerfileParser.parse(text).getInstructions());
  const state: State = { config: { ...config }, isCmdSet: false };
  for (const instruction of instructions) apply(state, instruction);
  return state.config;
}

interface State {
  config: RunConfig;
  isCmdSet: boolean;
}

type Apply = (state: State, text: string) => void;

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (state, text) => {
    state.config.Cmd = command(state.config, text);
    state.isCmdSet = true;
  },
  ENTRYPOINT: ({ config, isCmdSet }, text) => {
    config.Entrypoint = command(config, text);
    // The arguments of another program would make no sense.
    if (!isCmdSet) config.Cmd = null;
  },
  ENV: ({ config }, text) => {
    const fresh = pairs(text, config).map(([name, value]) => `${name}=${value}`);
    config.Env = mergeEnv(config.Env ?? [], fresh);
  },
  EXPOSE: ({ config }, text) => {
    const ports = shellWords(text, environment(config)).flatMap(parseExposed);
    config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  },
  LABEL: ({ config }, text) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(text, config)) };
  },
  ONBUILD: ({ config }, text) => {
    const [trigger = ''] = text.split(/\s/, 1);
    if (/^(?:onbuild|from|maintainer)$/i.test(trigger))
      throw invalidArgument(`${trigger.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), text];
  },
  USER: ({ config }, text) => {
    config.User = expandText(text, environment(config));
  },
  VOLUME: ({ config }, text) => {
    const volumes = jsonStrings(text) ?? shellWords(text, environment(config));
    if (volumes.some((volume) => volume.trim() === ''))
      throw invalidArgument('VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(volumes.map((volume) => [volume, {}])) };
  },
  WORKDIR: ({ config }, text) => {
    const path = expandText(text, environment(config));
    config.WorkingDir = posix.resolve('/', config.WorkingDir ?? '', path);
  },
  STOPSIGNAL: ({ config }, text) => {
    const signal = expandText(text, environment(config));
    if (!/^(?:\d{1,2}|(?:SIG)?[A-Z]+[A-Z0-9+-]*)$/i.test(signal))
      throw invalidArgument(`invalid signal: ${signal}`);
    config.StopSignal = signal;
  },
  HEALTHCHECK: ({ config }, text) => {
    config.Healthcheck = parseHealthcheck(text, jsonStrings);
  },
};

function apply(state: State, instruction: Instruction): void {
  const keyword = instruction.getKeyword();
  const known = INSTRUCTIONS[keyword];
  if (!known) throw invalidArgument(`${instruction.getInstruction()} is not a valid change command`);
  const text = argumentsOf(instruction);
  if (text === '') throw invalidArgument(`${keyword} requires at least one argument`);
  try {
    known(state, text);
  } catch (error) {
    if (!(error instanceof StrataError)) throw error;
    throw invalidArgument(`${keyword}: ${messageOf(error)}`, error);
  }
}

/** Everything after the keyword, flags too, with continued lines joined. */
function argumentsOf(instruction: Instruction): string {
  const text = instruction.getTextContent().slice(instruction.getInstruction().length);
  return text.replaceAll(/\\[ \t]*\r?\n/g, '').trim();
}

/** Exec form, or a line for the image's shell. */
function command(config: RunConfig, text: string): string[] {
  const shell = config.Shell ?? [];
  return jsonStrings(text) ?? [...(shell.length > 0 ? shell : ['/bin/sh', '-c']), text];
}

/** A JSON list of strings; undefined for everything else, which the builder takes as it stands. */
function jsonStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** `a=b c="d e"`, or the old form of one name and the rest of the line. */
function pairs(text: string, config: RunConfig): [name: string, value: string][] {
  const [first = ''] = text.split(/\s/, 1);
  if (!first.includes('=')) {
    const value = text.slice(first.length).trim();
    if (value === '') throw invalidArgument('must have two arguments');
    return [[expandText(first, environment(config)), expandText(value, environment(config))]];
  }
  return shellWords(text, environment(config)).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw invalidArgument(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function environment({ Env }: RunConfig): Map<string, string> {
  return new Map(
    (Env ?? []).map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
  );
}
