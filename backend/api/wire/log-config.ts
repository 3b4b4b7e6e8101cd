import { z } from 'zod';
import { invalidArgument } from '../../base/errors.ts';
import type { HostConfig } from '../../engine/containers/container.ts';
import { byName, text } from './fields.ts';

type LogConfig = HostConfig['logConfig'];
export const logConfigWire = z.object({ Type: text, Config: byName });

/** Every driver takes these. */
const COMMON = ['mode', 'max-buffer-size'];
const OPTIONS: Readonly<Record<LogConfig['type'], readonly string[] | null>> = {
  'json-file': ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
  local: ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
  none: null,
};

/** @throws invalid-argument in Docker's words for a driver or an option that is not known */
export function toLogConfig(wire: z.infer<typeof logConfigWire> | null | undefined): LogConfig {
  const type = wire?.Type || 'json-file';
  if (!isDriver(type)) throw invalidArgument(`logger: no log driver named '${type}' is registered`);
  const options = wire?.Config ?? {};
  checkMode(options);
  const known = OPTIONS[type];
  for (const [name, value] of Object.entries(options)) {
    if (COMMON.includes(name) || known === null) continue;
    if (!known.includes(name)) throw invalidArgument(`unknown log opt '${name}' for ${type} log driver`);
    checkValue(name, value);
  }
  checkCompress(type, options);
  return { type, options };
}

const isDriver = (type: string): type is LogConfig['type'] => type in OPTIONS;

function checkMode(options: Record<string, string>): void {
  const mode = options['mode'] ?? '';
  if (!['', 'blocking', 'non-blocking'].includes(mode))
    throw invalidArgument(`logger: logging mode not supported: ${mode}`);
  const buffer = options['max-buffer-size'];
  if (buffer === undefined) return;
  if (mode !== 'non-blocking')
    throw invalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (logSize(buffer) === null)
    throw invalidArgument(`error parsing option max-buffer-size: invalid size: '${buffer}'`);
}

function checkValue(name: string, value: string): void {
  if (name === 'max-size' && (logSize(value) ?? 0) <= 0)
    throw invalidArgument(`invalid value for max-size: invalid size: '${value}'`);
  if (name === 'max-file' && !(/^\d+$/.test(value) && Number(value) >= 1))
    throw invalidArgument(`invalid value for max-file: '${value}': max-file cannot be less than 1`);
  if (name === 'compress' && !/^(?:1|t|true|0|f|false)$/i.test(value))
    throw invalidArgument(`invalid value for compress: '${value}': expected true or false`);
  if (name.endsWith('-regex')) checkPattern(name, value);
}

function checkPattern(name: string, value: string): void {
  try {
    void new RegExp(value);
  } catch (error) {
    throw invalidArgument(`invalid value for ${name}: '${value}' is not a regular expression`, error);
  }
}

/** Docker's json-file compresses only what is rotated; `local` rotates by itself. */
function checkCompress(type: string, options: Record<string, string>): void {
  if (type !== 'json-file' || !/^(?:1|t|true)$/i.test(options['compress'] ?? '')) return;
  if (Number(options['max-file'] ?? 1) < 2 || options['max-size'] === undefined)
    throw invalidArgument('compress cannot be true when max-file is less than 2 or max-size is not set');
}

/** Bytes of `10m`, `1.5g`, `200kB`, in Docker's units of 1000; null for what is no size. */
function logSize(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s?([kmgtp]?)i?b?$/i.exec(text.trim()) ?? [];
  if (number === '') return null;
  return Number(number) * 1000 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(unit.toLowerCase());
}

export function fromLogConfig({ type, options }: LogConfig): Record<string, unknown> {
  return { Type: type, Config: options };
}
