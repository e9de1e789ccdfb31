import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { EntryKind, ListName } from '../domain/list-entry';

export interface NewEntry {
  list: ListName;
  kind: EntryKind;
  value: string;
  note: string | null;
  expiresAt: Date | null;
}

/** Entries of lists; a value is found by plain equality of `kind:value`. */
@Injectable()
export class ListRepository {
  /**
   * Adds entries. A lapsed entry of the same value makes room for them.
   * @returns their ids in order; null where the value has an entry already, and the list it is on
   */
  async add(tx: Transaction, entries: readonly NewEntry[]): Promise<({ id: string } | { on: ListName })[]> {
    const verdicts: readonly ListName[] = ['allow', 'block'];
    const values = entries.map(({ kind, value }) => `${kind}:${value}`);
    await tx.execute(
      `delete from fraud.list_entries where tenant_id = $1 and entry = any($2) and expires_at <= kernel.now()`,
      [tx.tenantId, values],
    );
    const rows = entries.map((entry) => ({
      ...entry,
      id: newId(),
      expires_at: entry.expiresAt?.toISOString() ?? null,
    }));
    const added = await tx.query<{ id: string }>(
      `insert into fraud.list_entries (tenant_id, id, list, kind, value, note, expires_at, created_by, created_at)
       select $1, e.id, e.list, e.kind, e.value, e.note, e.expires_at, $3, kernel.now()
       from jsonb_to_recordset($2) as e(id uuid, list text, kind text, value text, note text, expires_at timestamptz)
       on conflict do nothing returning id`,
      [tx.tenantId, JSON.stringify(rows), currentContext().principal.userId],
    );
    const ids = new Set(added.map(({ id }) => id));
    if (ids.size === rows.length) return rows.map(({ id }) => ({ id }));
    const taken = await tx.query<{ entry: string; list: ListName }>(
      `select entry, list from fraud.list_entries where tenant_id = $1 and entry = any($2) order by list`,
      [tx.tenantId, values],
    );
    return rows.map(({ id, list }, i) => {
      if (ids.has(id)) return { id };
      const rivals = taken.filter(({ entry }) => entry === values[i]).map((row) => row.list);
      const on = rivals.find((each) => each === list) ?? rivals.find((each) => verdicts.includes(each)) ?? list;
      return { on };
    });
  }

  remove(tx: Transaction, id: string): Promise<number> {
    return tx.execute('delete from fraud.list_entries where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }
}
