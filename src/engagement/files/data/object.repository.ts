import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { StoreName } from '../domain/stored-file';

/** An object of the storage, as the database knows it. */
export interface StoredObject {
  id: string;
  store: StoreName;
  key: string;
}

/**
 * The book of everything that lies in a storage. A row is there before the bytes are, with the time at which they are to
 * be removed; what uses them takes that time away.
 */
@Injectable()
export class ObjectRepository {
  /** Notes bytes that are about to be written. @param keepSeconds until they are removed when nobody uses them */
  announce(tx: Transaction, store: StoreName, keepSeconds: number, prefix: '' | 'quarantine/' = ''): StoredObject {
    const id = newId();
    // The last two characters of a UUIDv7 are random, its first ones are not.
    const object = { id, store, key: `${prefix}${tx.tenantId}/${id.slice(-2)}/${id}` };
    tx.later(
      `insert into files.objects (tenant_id, id, store, key, created_at, remove_at)
       values ($1, $2, $3, $4, kernel.now(), kernel.now() + make_interval(secs => $5))`,
      [tx.tenantId, id, store, object.key, keepSeconds],
    );
    return object;
  }

  /** Keeps it for good. @throws Error when its time is over: it may be gone */
  async keep(tx: Transaction, objectId: string): Promise<void> {
    const kept = await tx.execute(
      `update files.objects set remove_at = null where tenant_id = $1 and id = $2 and remove_at > kernel.now()`,
      [tx.tenantId, objectId],
    );
    if (kept !== 1) throw new Error('An upload took so long that its bytes may have been removed.');
  }

  /** Has them removed; the sweep that the caller asks for does it. */
  async drop(tx: Transaction, objectIds: readonly string[]): Promise<void> {
    if (objectIds.length === 0) return;
    await tx.execute(`update files.objects set remove_at = kernel.now() where tenant_id = $1 and id = any($2)`, [
      tx.tenantId,
      objectIds,
    ]);
  }

  /** Objects whose time is over, the longest first. */
  due(tx: Transaction, atOnce: number): Promise<StoredObject[]> {
    return tx.query<StoredObject>(
      `select id, store, key from files.objects where tenant_id = $1 and remove_at <= kernel.now()
       order by remove_at limit ${atOnce}`,
      [tx.tenantId],
    );
  }

  async forget(tx: Transaction, objectIds: readonly string[]): Promise<void> {
    await tx.execute(`delete from files.objects where tenant_id = $1 and id = any($2) and remove_at <= kernel.now()`, [
      tx.tenantId,
      objectIds,
    ]);
  }

  /** Tries again later: after a minute, four, sixteen, ... up to a day. */
  async putOff(tx: Transaction, objectIds: readonly string[]): Promise<void> {
    await tx.execute(
      `update files.objects set tries = tries + 1,
         remove_at = kernel.now() + make_interval(mins => least(1440, power(4, least(tries, 6)))::int)
       where tenant_id = $1 and id = any($2)`,
      [tx.tenantId, objectIds],
    );
  }
}
