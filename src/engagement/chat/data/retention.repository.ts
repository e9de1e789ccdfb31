import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';

const AT_ONCE = 200;

export interface Purged {
  roomId: string;
  /** The log is kept from behind this number on. */
  upTo: number;
  /** Messages that are gone and had files. */
  withFiles: string[];
  /** There may be more. */
  more: boolean;
}

const DAYS = `coalesce(r.retention_days, (select s.retention_days from chat.settings s where s.tenant_id = $1))`;

/** Messages whose time is over. */
@Injectable()
export class RetentionRepository {
  /** True where the organization or one of its rooms keeps messages for a time, and these looks are the ones that were asked for last. */
  async isOn(tx: Transaction, chainId: string): Promise<boolean> {
    const [row] = await tx.query<{ on: boolean }>(
      `select exists (select from chat.settings s where s.tenant_id = $1 and s.purge_chain = $2 and (s.retention_days is not null
         or exists (select from chat.rooms r where r.tenant_id = $1 and r.retention_days is not null))) as "on"`,
      [tx.tenantId, chainId],
    );
    return row.on;
  }

  /** Rooms that hold something whose time is over, in the order in which rooms are locked. */
  async due(tx: Transaction, most: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select r.id from chat.rooms r where r.tenant_id = $1 and ${DAYS} is not null and (
         exists (select from chat.messages m where m.tenant_id = $1 and m.room_id = r.id
           and m.created_at < kernel.now() - make_interval(days => ${DAYS})))
       order by r.id limit $2`,
      [tx.tenantId, most],
    );
    return rows.map(({ id }) => id);
  }

  /** Takes the oldest messages of a room, and its log as far as it tells of nothing younger. Null where nothing was due. */
  async purge(tx: Transaction, roomId: string): Promise<Purged | null> {
    await tx.query('select id from chat.rooms where tenant_id = $1 and id = $2 for no key update', [
      tx.tenantId,
      roomId,
    ]);
    const gone = await tx.query<{ id: string; seq: number; files: boolean }>(
      `with due as (
         select m.id from chat.messages m join chat.rooms r on r.tenant_id = $1 and r.id = m.room_id
         where m.tenant_id = $1 and m.room_id = $2 and m.created_at < kernel.now() - make_interval(days => ${DAYS})
         order by m.created_at limit ${AT_ONCE})
       delete from chat.messages m using due where m.tenant_id = $1 and m.id = due.id
       returning m.id, m.seq::float8 as seq, cardinality(m.file_ids) > 0 as files`,
      [tx.tenantId, roomId],
    );
    if (gone.length === 0) return null;
    const upTo = Math.max(...gone.map(({ seq }) => seq));
    await tx.execute('delete from chat.room_events where tenant_id = $1 and room_id = $2 and seq <= $3', [
      tx.tenantId,
      roomId,
      upTo,
    ]);
    await tx.execute('update chat.rooms set log_from = greatest(log_from, $3 + 1) where tenant_id = $1 and id = $2', [
      tx.tenantId,
      roomId,
      upTo,
    ]);
    const withFiles = gone.filter(({ files }) => files).map(({ id }) => id);
    return { roomId, upTo, withFiles, more: gone.length === AT_ONCE };
  }
}
