import type { Client } from 'pg';
import { EXIT, ExitError } from '../../start/exit';
import { type ArchiveHead, readArchive, type TableEnd } from './archive';
import { appliedMigrations, asOwnerOf, backupTables, checksumOf, numberOn, type BackupTable } from './tables';

const ROWS_AT_ONCE = 500;
const TEXT_AT_ONCE = 1_000_000;

interface Constraint {
  table: string;
  owner: string;
  name: string;
  definition: string;
}

/** Puts an archive into an empty database, in one transaction: all of it, verified, or nothing. */
export class Restore {
  private tables = new Map<string, BackupTable>();
  private filled = new Set<string>();
  private batch: string[] = [];
  private size = 0;
  private current: BackupTable | undefined;
  private rows = 0;

  /** @param client connected as the owner; a transaction is open */
  constructor(
    private readonly client: Client,
    private readonly keyIds: readonly string[],
    private readonly told: (rows: number) => void,
  ) {}

  /** @throws ExitError when the database is not empty, the archive belongs to another release or key, or is not whole */
  async run(file: string): Promise<{ tables: number; rows: number }> {
    const tables = await backupTables(this.client);
    this.tables = new Map(tables.map((table) => [table.name, table]));
    await this.demandEmpty();
    // The database judges references once everything is there; rows come in no particular order.
    const references = await this.dropReferences();
    for (const table of tables) {
      await asOwnerOf(this.client, table, async () => {
        await this.client.query(`alter table ${table.name} no force row level security`);
        await this.client.query(`alter table ${table.name} disable trigger user`);
        await this.client.query(`delete from ${table.name}`);
      });
    }
    await readArchive(file, {
      head: (head) => this.judge(head),
      table: (name) => this.begin(name),
      row: (row) => this.take(row),
      end: (end) => this.end(end),
    });
    const missing = tables.filter(({ name }) => !this.filled.has(name));
    if (missing.length > 0)
      throw new ExitError(EXIT.failed, `The backup lacks ${missing.map(({ name }) => name).join(', ')}.`);
    for (const table of tables) {
      await asOwnerOf(this.client, table, async () => {
        if (this.walled.has(table.name)) await this.client.query(`alter table ${table.name} force row level security`);
        await this.client.query(`alter table ${table.name} enable trigger user`);
      });
    }
    for (const { table, name, definition } of references)
      await this.client.query(`alter table ${table} add constraint ${name} ${definition}`);
    return { tables: tables.length, rows: this.rows };
  }

  private walled = new Set<string>();

  private async demandEmpty(): Promise<void> {
    const { rows } = await this.client.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c where c.relforcerowsecurity and not c.relispartition`,
    );
    const forced = new Set(rows.map(({ name }) => name));
    this.walled = new Set([...this.tables.keys()].filter((name) => forced.has(name)));
    for (const name of ['organizations.tenants', 'identity.users']) {
      const found = await this.client.query(`select 1 from ${name} limit 1`);
      if (found.rowCount)
        throw new ExitError(
          EXIT.failed,
          `The database is not empty (${name} has rows). Restore into a database of its own, with MAINSTAY_SEED=false.`,
        );
    }
  }

  private async dropReferences(): Promise<Constraint[]> {
    const { rows } = await this.client.query<Constraint>(
      `select k.conrelid::regclass::text as table, quote_ident(k.conname) as name, pg_get_constraintdef(k.oid) as definition,
         pg_get_userbyid(c.relowner)::text as owner
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       where k.contype = 'f' and k.conparentid = 0 and n.nspname not in ('bullmq', 'pg_catalog') order by 1, 2`,
    );
    for (const { table, name } of rows) await this.client.query(`alter table ${table} drop constraint ${name}`);
    return rows;
  }

  private async judge(head: ArchiveHead): Promise<void> {
    const here = await appliedMigrations(this.client);
    if (head.migrations.join() !== here.join()) {
      throw new ExitError(
        EXIT.failed,
        `The backup was made by Mainstay ${head.product} with ${head.migrations.length} migrations; this release has ${here.length}. ` +
          'Restore with the release that made it, and upgrade afterwards.',
      );
    }
    if (!this.keyIds.includes(head.keyId)) {
      throw new ExitError(
        EXIT.configuration,
        'The backup belongs to another MAINSTAY_SECRET_KEY: without it sealed columns cannot be read and nobody can sign in. ' +
          'Set that key, or name it in MAINSTAY_PREVIOUS_SECRET_KEYS.',
      );
    }
  }

  private begin(name: string): void {
    const table = this.tables.get(name);
    if (!table) throw new ExitError(EXIT.failed, `The backup holds a table that is not known here: ${name}.`);
    this.current = table;
    this.filled.add(name);
  }

  private async take(row: string): Promise<void> {
    this.batch.push(row);
    this.size += row.length;
    if (this.batch.length >= ROWS_AT_ONCE || this.size >= TEXT_AT_ONCE) await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const { current: table, batch } = this;
    const columns = table!.columns.join(', ');
    await asOwnerOf(this.client, table!, () =>
      this.client.query(
        `insert into ${table!.name} (${columns}) overriding system value select ${columns} from jsonb_populate_recordset(null::${table!.name}, $1::jsonb)`,
        [`[${batch.join(',')}]`],
      ),
    );
    this.rows += batch.length;
    this.told(batch.length);
    this.batch = [];
    this.size = 0;
  }

  private async end({ end, rows, sum }: TableEnd): Promise<void> {
    await this.flush();
    const table = this.current!;
    const found = await asOwnerOf(this.client, table, async () => {
      await numberOn(this.client, table.name);
      return checksumOf(this.client, table.name);
    });
    if (found.rows !== rows || found.sum !== sum)
      throw new ExitError(
        EXIT.failed,
        `${end} is not what was backed up: ${found.rows} of ${rows} rows, or other contents.`,
      );
  }
}
