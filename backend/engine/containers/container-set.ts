import { conflict, invalidArgument, notFound } from '../../base/errors.ts';
import type { IdMapping } from '../../oci/id-mapping.ts';
import type { Records, RecordTable } from '../../store/records.ts';
import { containerSchema, type Container } from './container.ts';

/**
 * All containers, by id and by name: in memory, and in the records on every `save`.
 * Look-ups follow Docker: whole id, then name, then a unique prefix of an id.
 */
export class ContainerSet {
  readonly #table: RecordTable<Container>;
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, string>();

  constructor(records: Records) {
    this.#table = records.table('containers', containerSchema);
    for (const container of this.#table.all()) {
      this.#byId.set(container.id, container);
      this.#byName.set(container.name, container.id);
    }
  }

  all(): Container[] {
    return [...this.#byId.values()].sort((a, b) => b.created.localeCompare(a.created));
  }

  /** The ids that are taken by containers in user namespaces. */
  idMappings(): IdMapping[] {
    return [...this.#byId.values()].flatMap(({ idMapping }) => idMapping ?? []);
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** @throws not-found; invalid-argument for a prefix that fits several */
  resolve(reference: string): Container {
    const name = reference.replace(/^\//, '');
    const exact = this.#byId.get(name) ?? this.#byId.get(this.#byName.get(name) ?? '');
    if (exact) return exact;
    const matches = /^[0-9a-f]+$/.test(name)
      ? [...this.#byId.values()].filter(({ id }) => id.startsWith(name))
      : [];
    const [match, second] = matches;
    if (second)
      throw invalidArgument(`multiple containers found with prefix ${name}: give more digits of the id`);
    if (!match) throw notFound(`No such container: ${reference}`);
    return match;
  }

  /** @throws conflict when the name belongs to another container */
  checkName(name: string): void {
    const owner = this.#byName.get(name);
    if (owner === undefined) return;
    throw conflict(
      `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }

  hasName(name: string): boolean {
    return this.#byName.has(name);
  }

  add(container: Container): void {
    this.checkName(container.name);
    this.#byId.set(container.id, container);
    this.#byName.set(container.name, container.id);
    this.#table.put(container.id, container);
  }

  save(container: Container): void {
    // A container that was removed meanwhile stays removed.
    if (this.#byId.get(container.id) === container) this.#table.put(container.id, container);
  }

  rename(container: Container, name: string): void {
    this.checkName(name);
    this.#byName.delete(container.name);
    container.name = name;
    this.#byName.set(name, container.id);
    this.save(container);
  }

  delete(container: Container): void {
    this.#byId.delete(container.id);
    this.#byName.delete(container.name);
    this.#table.delete(container.id);
  }
}
