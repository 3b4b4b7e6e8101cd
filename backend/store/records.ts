import { DatabaseSync } from 'node:sqlite';
import type { ZodType } from 'zod';
import { internal, messageOf } from '../base/errors.ts';

/** A table of JSON records by key. Every call is one small synchronous statement; writes are durable on return. */
export interface RecordTable<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): void;
  all(): T[];
}

/** The daemon's records: one SQLite file in WAL mode. Records only; file lists never go in. */
export interface Records extends Disposable {
  /** @param schema parses what is read: the file may come from an older daemon or a damaged disk. */
  table<T>(name: string, schema: ZodType<T>): RecordTable<T>;
  /** Everything that `work` writes becomes visible at once, or not at all when it throws. */
  transaction<T>(work: () => T): T;
}

const SCHEMA_VERSION = 1;

/** @throws internal when the file was written by a newer daemon: records migrate forward only. */
export function openRecords(path: string): Records {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  checkVersion(database, path);
  return {
    table: (name, schema) => openTable(database, name, schema),
    transaction: (work) => inTransaction(database, work),
    [Symbol.dispose]: () => database.close(),
  };
}

function checkVersion(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > SCHEMA_VERSION) {
    throw internal(
      `${path} was written by a newer stratad (records version ${version}, this one knows ${SCHEMA_VERSION}): install the newer version again`,
    );
  }
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function openTable<T>(database: DatabaseSync, name: string, schema: ZodType<T>): RecordTable<T> {
  if (!/^[a-z_]+$/.test(name)) throw internal(`bad table name ${name}`);
  database.exec(`CREATE TABLE IF NOT EXISTS ${name} (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`);
  const get = database.prepare(`SELECT key, value FROM ${name} WHERE key = ?`);
  const put = database.prepare(
    `INSERT INTO ${name} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
  const remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
  const all = database.prepare(`SELECT key, value FROM ${name} ORDER BY key`);
  const parse = (row: Record<string, unknown>): T => parseRecord(name, row, schema);
  return {
    get: (key) => {
      const row = get.get(key);
      return row && parse(row);
    },
    put: (key, value) => void put.run(key, JSON.stringify(value)),
    delete: (key) => void remove.run(key),
    all: () => all.all().map(parse),
  };
}

function parseRecord<T>(table: string, row: Record<string, unknown>, schema: ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(String(row['value'])));
  } catch (error) {
    throw internal(`record ${table}/${String(row['key'])} cannot be read: ${messageOf(error)}`, error);
  }
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
