import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';
import { changeOf, type ChangedColumn } from '../audit/changes';
import { clock } from '../clock/clock';
import { conflict } from '../errors/app-error';
import { isUuid } from '../ids/ids';
import { Aggregate } from '../messaging/domain-event';
import type { OpenTransaction } from './open-transaction';
import { named } from './statements';

type EntityClass<E extends object> = new () => E;

export interface LoadOptions<E> {
  /** Row lock that is taken with the read; default `update`. */
  lock?: 'update' | 'no-key-update' | 'share' | false;
  /** Order of the rows; locked rows are read in id order unless said otherwise (lock order is the law). */
  orderBy?: (keyof E & string)[];
}

const LOCKS = { update: ' for update', 'no-key-update': ' for no key update', share: ' for share' } as const;
/** A statement carries at most 65,535 parameters (PostgreSQL's wire protocol). */
const MOST_PARAMETERS = 60_000;
const snapshots = new WeakMap<object, Map<string, unknown>>();

/**
 * Reads entities for change and writes them back, by TypeORM's metadata: `insert`, or `update` of the columns that
 * changed since the load. Unlike TypeORM's `save()` it never reads first, and it checks the version column.
 */
export class Store {
  constructor(
    private readonly tx: OpenTransaction,
    private readonly dataSource: DataSource,
  ) {}

  /** One row by id, locked for change unless `lock` says otherwise; null when the tenant has none. */
  async load<E extends object>(entity: EntityClass<E>, id: string, options: LoadOptions<E> = {}): Promise<E | null> {
    if (!isUuid(id)) return null;
    return (await this.loadMany(entity, { id } as unknown as Partial<E>, options))[0] ?? null;
  }

  /** Rows whose properties equal `where` (an array means any of its values). */
  async loadMany<E extends object>(
    entity: EntityClass<E>,
    where: { [K in keyof E]?: E[K] | readonly E[K][] },
    options: LoadOptions<E> = {},
  ): Promise<E[]> {
    const metadata = this.dataSource.getMetadata(entity);
    const values: unknown[] = [];
    const conditions: string[] = [];
    if (tenantColumn(metadata)) {
      values.push(this.tx.tenantId);
      conditions.push('tenant_id = $1');
    }
    for (const [property, value] of Object.entries(where)) {
      const column = columnOf(metadata, property);
      if (value === null || value === undefined) {
        conditions.push(`${quote(column.databaseName)} is null`);
        continue;
      }
      values.push(Array.isArray(value) ? value : this.persistent(column, value));
      conditions.push(
        `${quote(column.databaseName)} = ${Array.isArray(value) ? `any($${values.length})` : `$${values.length}`}`,
      );
    }
    const lock = options.lock ?? 'update';
    const order = (options.orderBy ?? ['id' as keyof E & string]).map((property) =>
      quote(columnOf(metadata, property).databaseName),
    );
    const text = `select ${metadata.columns.map((column) => quote(column.databaseName)).join(', ')} from ${metadata.tablePath}
      where ${conditions.join(' and ') || 'true'} order by ${order.join(', ')}${lock ? LOCKS[lock] : ''}`;
    const rows = await this.tx.query<Record<string, unknown>>(text, values);
    return rows.map((row) => this.hydrate<E>(metadata, row));
  }

  /** Inserts new rows; the tenant is the transaction's. Columns left undefined take their database default. */
  async insert<E extends object>(entities: E | E[]): Promise<void> {
    const list = Array.isArray(entities) ? entities : [entities];
    if (list.length === 0) return;
    const metadata = this.dataSource.getMetadata(list[0].constructor as EntityClass<E>);
    for (const entity of list) this.prepareInsert(metadata, entity);
    const columns = metadata.columns.filter((column) =>
      list.some((entity) => column.getEntityValue(entity) !== undefined),
    );
    const perStatement = Math.max(1, Math.floor(MOST_PARAMETERS / columns.length));
    for (let start = 0; start < list.length; start += perStatement) {
      const values: unknown[] = [];
      const rows = list.slice(start, start + perStatement).map((entity) => {
        const cells = columns.map((column) => {
          const value = column.getEntityValue(entity) as unknown;
          if (value === undefined) return 'default';
          values.push(this.persistent(column, value));
          return `$${values.length}`;
        });
        return `(${cells.join(', ')})`;
      });
      const names = columns.map((column) => quote(column.databaseName)).join(', ');
      await this.tx.send([
        named(`insert into ${metadata.tablePath} (${names}) values ${rows.join(', ')}`, values, false),
      ]);
    }
    for (const entity of list) this.remember(metadata, entity);
    if (this.tx.watchesChanges) this.tellInserts(metadata, list);
  }

  /** Tells the audit trail of new rows: of many of one kind only the first. */
  private tellInserts(metadata: EntityMetadata, list: object[]): void {
    const telling = this.tx.tellsInserts;
    for (const entity of list.slice(0, telling ? list.length : 1)) {
      const columns = telling
        ? [...(snapshots.get(entity) ?? [])].filter(([, to]) => to !== undefined && to !== null)
        : [];
      const told = columns.map(([column, to]) => ({ column, to }));
      this.tx.noteChange(changeOf(metadata.tablePath, metadata.name, 'insert', idOf(entity), told));
    }
  }

  /**
   * Updates the columns that changed since the entity was loaded or inserted; no statement when none did.
   * @throws AppError 409 `kernel.stale-write` when the row is gone or, with a version column, was changed meanwhile.
   */
  async update<E extends object>(entity: E): Promise<void> {
    const metadata = this.dataSource.getMetadata(entity.constructor as EntityClass<E>);
    const before = snapshots.get(entity);
    if (!before) throw new Error(`${metadata.name} was not loaded or inserted by this store.`);
    const values: unknown[] = [];
    const sets: string[] = [];
    const changed: ChangedColumn[] = [];
    for (const column of metadata.columns) {
      if (column.isVersion || column.isUpdateDate) continue;
      const value = this.persistent(column, column.getEntityValue(entity) as unknown);
      if (value === undefined || same(value, before.get(column.databaseName))) continue;
      values.push(value);
      sets.push(`${quote(column.databaseName)} = $${values.length}`);
      changed.push({ column: column.databaseName, from: before.get(column.databaseName), to: value });
    }
    if (sets.length === 0) return;
    const { versionColumn, updateDateColumn } = metadata;
    if (updateDateColumn) {
      updateDateColumn.setEntityValue(entity, clock.now());
      values.push(updateDateColumn.getEntityValue(entity));
      sets.push(`${quote(updateDateColumn.databaseName)} = $${values.length}`);
    }
    if (versionColumn) sets.push(`${quote(versionColumn.databaseName)} = ${quote(versionColumn.databaseName)} + 1`);
    const { conditions } = this.identity(metadata, entity, values);
    if (versionColumn) {
      values.push(before.get(versionColumn.databaseName));
      conditions.push(`${quote(versionColumn.databaseName)} = $${values.length}`);
    }
    const affected = await this.tx.execute(
      `update ${metadata.tablePath} set ${sets.join(', ')} where ${conditions.join(' and ')}`,
      values,
    );
    if (affected !== 1) {
      throw conflict('kernel.stale-write', 'This was changed by somebody else meanwhile.', {
        hint: 'Read it again and repeat the change.',
      });
    }
    if (versionColumn) versionColumn.setEntityValue(entity, Number(versionColumn.getEntityValue(entity)) + 1);
    this.remember(metadata, entity);
    if (this.tx.watchesChanges)
      this.tx.noteChange(changeOf(metadata.tablePath, metadata.name, 'update', idOf(entity), changed));
  }

  /** Inserts or updates, and records the events of an aggregate in this transaction. */
  async save<E extends object>(entity: E): Promise<void> {
    if (snapshots.has(entity)) await this.update(entity);
    else await this.insert(entity);
    if (entity instanceof Aggregate) this.tx.record(...entity.pullEvents());
  }

  /** Deletes a row. @returns false when it was gone already. */
  async remove<E extends object>(entity: E): Promise<boolean> {
    const metadata = this.dataSource.getMetadata(entity.constructor as EntityClass<E>);
    const { conditions, values } = this.identity(metadata, entity, []);
    const before = [...(snapshots.get(entity) ?? [])].map(([column, from]) => ({ column, from }));
    snapshots.delete(entity);
    if (this.tx.watchesChanges)
      this.tx.noteChange(changeOf(metadata.tablePath, metadata.name, 'delete', idOf(entity), before));
    return (await this.tx.execute(`delete from ${metadata.tablePath} where ${conditions.join(' and ')}`, values)) === 1;
  }

  private identity(
    metadata: EntityMetadata,
    entity: object,
    values: unknown[],
  ): { conditions: string[]; values: unknown[] } {
    const conditions: string[] = [];
    for (const column of metadata.primaryColumns) {
      values.push(column.propertyName === 'tenantId' ? this.tx.tenantId : column.getEntityValue(entity));
      conditions.push(`${quote(column.databaseName)} = $${values.length}`);
    }
    return { conditions, values };
  }

  private prepareInsert(metadata: EntityMetadata, entity: object): void {
    const tenant = tenantColumn(metadata);
    if (tenant) {
      const named = tenant.getEntityValue(entity) as string | undefined;
      if (named && named !== this.tx.tenantId)
        throw new Error(`${metadata.name} belongs to another tenant than the transaction.`);
      tenant.setEntityValue(entity, this.tx.tenantId);
    }
    for (const column of [metadata.createDateColumn, metadata.updateDateColumn]) {
      if (column && column.getEntityValue(entity) === undefined) column.setEntityValue(entity, clock.now());
    }
    if (metadata.versionColumn) metadata.versionColumn.setEntityValue(entity, 1);
  }

  private hydrate<E extends object>(metadata: EntityMetadata, row: Record<string, unknown>): E {
    const entity = metadata.create() as E;
    for (const column of metadata.columns) {
      column.setEntityValue(entity, this.dataSource.driver.prepareHydratedValue(row[column.databaseName], column));
    }
    this.remember(metadata, entity);
    return entity;
  }

  private remember(metadata: EntityMetadata, entity: object): void {
    const values = new Map<string, unknown>();
    for (const column of metadata.columns) {
      const value = this.persistent(column, column.getEntityValue(entity) as unknown);
      // A Date or array may be changed in place later: the snapshot keeps its own copy.
      values.set(
        column.databaseName,
        typeof value === 'object' && value !== null && !Buffer.isBuffer(value) ? structuredClone(value) : value,
      );
    }
    snapshots.set(entity, values);
  }

  private persistent(column: ColumnMetadata, value: unknown): unknown {
    if (value === undefined || value === null) return value;
    return this.dataSource.driver.preparePersistentValue(value, column) as unknown;
  }
}

const idOf = (entity: object): unknown => (entity as { id?: unknown }).id;

const quote = (name: string): string => `"${name}"`;

const tenantColumn = (metadata: EntityMetadata): ColumnMetadata | undefined =>
  metadata.findColumnWithPropertyName('tenantId');

function columnOf(metadata: EntityMetadata, property: string): ColumnMetadata {
  const column = metadata.findColumnWithPropertyName(property);
  if (!column) throw new Error(`${metadata.name} has no column property ${property}.`);
  return column;
}

/** Equality of persisted values: dates by instant, buffers and composite values by content. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b);
  return JSON.stringify(a) === JSON.stringify(b);
}
