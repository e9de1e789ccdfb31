import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Cache } from '../cache/cache';
import { maybeContext, runInContext } from '../context/request-context';
import { Database } from '../database/database';
import type { Transaction } from '../database/transaction';
import { UnitOfWork } from '../database/unit-of-work';
import { newId } from '../ids/ids';
import { Keyring } from './keyring';
import { keyIdOf, openWith, SealError, sealWith, type SealPlace } from './sealed';

interface DataKey {
  version: number;
  key: Buffer;
}

interface DataKeyRow {
  id: string;
  version: number;
  sealed: string;
}

const placeOfKey = (tenantId: string, rowId: string): SealPlace => ({
  tenantId,
  table: 'kernel.data_keys',
  column: 'sealed',
  rowId,
});

/**
 * Envelope encryption of single column values: each tenant has data keys (AES-256, numbered), which are stored sealed
 * under a master key of the keyring. A change of the master key re-seals data keys only (`reseal`); a change of a data
 * key (`rotate`) makes a new version for writes, older values stay readable.
 */
@Injectable()
export class Envelope {
  // Holds committed keys only: one that was rolled back must never seal anything.
  private readonly keys = new Cache<DataKey>({ name: 'data-keys', max: 2000, ttlMs: 300_000 });

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly keyring: Keyring,
  ) {}

  /** Seals a value for its place, under the tenant's newest key; the first call of a tenant makes one. */
  async seal(place: SealPlace, plaintext: string): Promise<string> {
    const { version, key } = await this.newest(place.tenantId);
    return sealWith(key, String(version), place, plaintext);
  }

  /** Opens a value at its place. @throws SealError when it was changed, moved, or its key is gone. */
  async open(place: SealPlace, sealed: string): Promise<string> {
    const version = keyIdOf(sealed);
    const name = `${place.tenantId}:${version}`;
    let found = this.keys.get(name);
    if (!found) {
      const [row] = await this.database.readAs<DataKeyRow>(
        place.tenantId,
        'select id, version, sealed from kernel.data_keys where tenant_id = kernel.tenant_id() and version = $1',
        [/^\d{1,9}$/.test(version) ? Number(version) : 0],
      );
      if (!row) throw new SealError('The key of the sealed value does not exist.');
      found = this.unsealed(place.tenantId, row);
      this.remember(name, found);
    }
    return openWith(found.key, place, sealed).toString('utf8');
  }

  /** Makes the next version of the tenant's data key; returns its number. Other processes follow within five minutes. */
  async rotate(tenantId: string): Promise<number> {
    return this.uow.run(
      async (tx) => {
        const newest = await this.newestRow(tx);
        const made = await this.insert(tx, (newest?.version ?? 0) + 1);
        tx.afterCommit(() => this.keys.delete(`${tenantId}:newest`));
        return made.version;
      },
      { tenantId },
    );
  }

  /**
   * Seals every data key anew that is not under the current master key, tenant by tenant; returns how many. May be
   * repeated and run beside live traffic. Afterwards former master keys can leave the configuration.
   */
  async reseal(): Promise<number> {
    const tenants = await this.database.readPlatform<{ id: string }>(
      'select id from kernel.tenants_with_other_keys($1) as id',
      [this.keyring.currentId],
    );
    let count = 0;
    for (const { id } of tenants) count += await this.resealTenant(id);
    return count;
  }

  private resealTenant(tenantId: string): Promise<number> {
    return runInContext({ tenantId, transaction: undefined }, () =>
      this.uow.run(async (tx) => {
        const rows = await tx.query<DataKeyRow>(
          'select id, version, sealed from kernel.data_keys where tenant_id = kernel.tenant_id() order by id for update',
        );
        const stale = rows.filter((row) => this.keyring.isStale(row.sealed));
        for (const row of stale) {
          const place = placeOfKey(tenantId, row.id);
          await tx.execute('update kernel.data_keys set sealed = $2 where tenant_id = kernel.tenant_id() and id = $1', [
            row.id,
            this.keyring.seal(place, this.keyring.open(place, row.sealed)),
          ]);
        }
        return stale.length;
      }),
    );
  }

  private async newest(tenantId: string): Promise<DataKey> {
    const name = `${tenantId}:newest`;
    const cached = this.keys.get(name);
    if (cached) return cached;
    const key = await this.uow.run(
      async (tx) => {
        const row = await this.newestRow(tx);
        return row ? this.unsealed(tenantId, row) : this.insert(tx, 1);
      },
      { tenantId },
    );
    this.remember(name, key);
    return key;
  }

  /** Stores after the commit of whatever transaction the key was seen in. */
  private remember(name: string, key: DataKey): void {
    const open = maybeContext()?.transaction;
    if (open) open.afterCommit(() => this.keys.set(name, key));
    else this.keys.set(name, key);
  }

  private async newestRow(tx: Transaction): Promise<DataKeyRow | undefined> {
    const [row] = await tx.query<DataKeyRow>(
      'select id, version, sealed from kernel.data_keys where tenant_id = kernel.tenant_id() order by version desc limit 1',
    );
    return row;
  }

  private async insert(tx: Transaction, version: number): Promise<DataKey> {
    const id = newId();
    const key = randomBytes(32);
    const made = await tx.execute(
      `insert into kernel.data_keys (tenant_id, id, version, sealed, created_at)
       values (kernel.tenant_id(), $1, $2, $3, kernel.now()) on conflict (tenant_id, version) do nothing`,
      [id, version, this.keyring.seal(placeOfKey(tx.tenantId, id), key)],
    );
    if (made === 1) return { version, key };
    // Another transaction made this version at the same moment and has committed: its key is the one.
    const [row] = await tx.query<DataKeyRow>(
      'select id, version, sealed from kernel.data_keys where tenant_id = kernel.tenant_id() and version = $1',
      [version],
    );
    return this.unsealed(tx.tenantId, row);
  }

  private unsealed(tenantId: string, row: DataKeyRow): DataKey {
    return { version: row.version, key: this.keyring.open(placeOfKey(tenantId, row.id), row.sealed) };
  }
}
