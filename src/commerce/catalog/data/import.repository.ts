import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RunReport } from '../../../kernel/tabular/import-run';
import type { Profile } from '../../../kernel/tabular/profile';
import {
  MOST_KEPT_FAULTS,
  MOST_OPEN_IMPORTS,
  OPEN_STATES,
  type ImportFile,
  type ImportState,
} from '../domain/product-import';
import { tooManyImports } from '../domain/catalog.errors';

/** What a run needs to know of its import. */
export interface RunnableImport {
  files: ImportFile[];
  mapping: Profile | null;
  dryRun: boolean;
  acceptPartial: boolean;
}

export interface NewImport {
  id: string;
  profileName: string | null;
  dryRun: boolean;
  acceptPartial: boolean;
  startedBy: string | null;
}

/** Counts of one batch. */
export interface BatchCounts {
  created: number;
  updated: number;
  unchanged: number;
  stockChanged: number;
}

const OPEN = OPEN_STATES.map((state) => `'${state}'`).join(', ');

/** Imports that run on their own, and the bytes that they read. Every change of a state is conditional on the state. */
@Injectable()
export class ImportRepository {
  constructor(private readonly database: Database) {}

  /** @throws AppError conflict `catalog.too-many-imports` */
  async open(tx: Transaction, it: NewImport): Promise<void> {
    // One lock a shop: two that begin at once count each other.
    await tx.query(`select pg_advisory_xact_lock(7310, hashtext($1))`, [tx.tenantId]);
    const inserted = await tx.execute(
      `insert into catalog.imports (tenant_id, id, state, files, profile_name, dry_run, accept_partial, started_by, created_at, updated_at)
       select $1, $2, 'uploading', '[]', $3, $4, $5, $6, $7, $7
       where (select count(*) from catalog.imports where tenant_id = $1 and state in (${OPEN})) < ${MOST_OPEN_IMPORTS}`,
      [tx.tenantId, it.id, it.profileName, it.dryRun, it.acceptPartial, it.startedBy, clock.now()],
    );
    if (inserted === 0) throw tooManyImports(MOST_OPEN_IMPORTS);
  }

  async addChunks(tx: Transaction, importId: string, file: number, from: number, chunks: Buffer[]): Promise<void> {
    await tx.execute(
      `insert into catalog.import_chunks (tenant_id, id, import_id, file, position, content)
       select $1, x.id, $2, $3, $4 + x.n - 1, x.content from unnest($5::uuid[], $6::bytea[]) with ordinality as x(id, content, n)`,
      [tx.tenantId, importId, file, from, chunks.map(() => newId()), chunks],
    );
  }

  /** @returns false where the import was cancelled while its bytes came */
  async queue(tx: Transaction, importId: string, files: ImportFile[], mapping: Profile | null): Promise<boolean> {
    const changed = await tx.execute(
      `update catalog.imports set state = 'queued', files = $3::jsonb, mapping = $4::jsonb, updated_at = $5
       where tenant_id = $1 and id = $2 and state = 'uploading'`,
      [tx.tenantId, importId, JSON.stringify(files), mapping && JSON.stringify(mapping), clock.now()],
    );
    return changed === 1;
  }

  /** An upload that did not come to its end leaves nothing. */
  async discard(tx: Transaction, importId: string): Promise<void> {
    await this.dropChunks(tx, importId);
    await tx.execute(`delete from catalog.imports where tenant_id = $1 and id = $2 and state = 'uploading'`, [
      tx.tenantId,
      importId,
    ]);
  }

  /** Takes an import up, again after a crash. Null where it has ended. */
  async begin(tx: Transaction, importId: string): Promise<RunnableImport | null> {
    const rows = await tx.query<RunnableImport>(
      `update catalog.imports set state = 'checking', rows_read = 0, updated_at = $3
       where tenant_id = $1 and id = $2 and state in ('queued', 'checking', 'writing')
       returning files, mapping, dry_run as "dryRun", accept_partial as "acceptPartial"`,
      [tx.tenantId, importId, clock.now()],
    );
    return rows[0] ?? null;
  }

  /** @returns false where the import has ended meanwhile */
  async advance(
    tx: Transaction,
    importId: string,
    state: ImportState,
    rowsRead: number,
    total: number | null,
  ): Promise<boolean> {
    const changed = await tx.execute(
      `update catalog.imports set state = $3, rows_read = $4, rows_total = coalesce($5, rows_total), updated_at = $6
       where tenant_id = $1 and id = $2 and state in ('checking', 'writing')`,
      [tx.tenantId, importId, state, rowsRead, total, clock.now()],
    );
    return changed === 1;
  }

  /** Locks the import for one batch. @returns last line that is written, null where the import has ended meanwhile */
  async writtenLine(tx: Transaction, importId: string): Promise<number | null> {
    const [row] = await tx.query<{ line: number }>(
      `select written_line as line from catalog.imports where tenant_id = $1 and id = $2 and state in ('checking', 'writing') for no key update`,
      [tx.tenantId, importId],
    );
    return row?.line ?? null;
  }

  /** Counts a batch in the commit that writes it. */
  async noteBatch(tx: Transaction, importId: string, line: number, counts: BatchCounts): Promise<void> {
    await tx.execute(
      `update catalog.imports set written = true, written_line = $3, created = created + $4, updated = updated + $5,
         unchanged = unchanged + $6, stock_changed = stock_changed + $7, updated_at = $8
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, importId, line, counts.created, counts.updated, counts.unchanged, counts.stockChanged, clock.now()],
    );
  }

  /** Ends an import with what its run found, and lets its bytes go. */
  async finish(tx: Transaction, importId: string, state: ImportState, report: RunReport): Promise<boolean> {
    const [sheet] = report.sheets;
    // What was written is counted batch by batch; a run that writes nothing tells what it would have written.
    const counts = report.written ? '' : ', created = $9, updated = $10, unchanged = $11';
    const params = [
      tx.tenantId,
      importId,
      state,
      sheet.rows,
      sheet.refused,
      JSON.stringify(report.faults.slice(0, MOST_KEPT_FAULTS)),
      report.faults.length + report.furtherFaults,
      JSON.stringify(report.warnings.slice(0, 100)),
    ];
    if (!report.written) params.push(sheet.created, sheet.updated, sheet.unchanged);
    params.push(clock.now() as never);
    const changed = await tx.execute(
      `update catalog.imports set state = $3, rows_read = $4, rows_total = $4, refused = $5, faults = $6::jsonb, fault_count = $7,
         warnings = $8::jsonb${counts}, updated_at = $${params.length}, ended_at = $${params.length}
       where tenant_id = $1 and id = $2 and state in ('checking', 'writing')`,
      params,
    );
    if (changed === 1) await this.dropChunks(tx, importId);
    return changed === 1;
  }

  /** Ends an open import for a reason of its own. @returns false where it had ended or is not there */
  async end(
    tx: Transaction,
    importId: string,
    state: 'failed' | 'cancelled',
    problem: { code: string; detail: string } | null,
  ): Promise<boolean> {
    const changed = await tx.execute(
      `update catalog.imports set state = $3, problem_code = $4, problem_detail = $5, updated_at = $6, ended_at = $6
       where tenant_id = $1 and id = $2 and state in (${OPEN})`,
      [tx.tenantId, importId, state, problem?.code ?? null, problem?.detail ?? null, clock.now()],
    );
    if (changed === 1) await this.dropChunks(tx, importId);
    return changed === 1;
  }

  /** The bytes of a file, chunk by chunk. */
  async *bytes(tenantId: string, importId: string, file: number): AsyncGenerator<Buffer> {
    for (let position = 0; ; position++) {
      const [chunk] = await this.database.readAs<{ content: Buffer }>(
        tenantId,
        `select content from catalog.import_chunks
         where tenant_id = kernel.tenant_id() and import_id = $1 and file = $2 and position = $3`,
        [importId, file, position],
      );
      if (!chunk) return;
      yield chunk.content;
    }
  }

  private async dropChunks(tx: Transaction, importId: string): Promise<void> {
    await tx.execute('delete from catalog.import_chunks where tenant_id = $1 and import_id = $2', [
      tx.tenantId,
      importId,
    ]);
  }
}
