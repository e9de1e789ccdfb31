import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { ChatSettings } from '../domain/settings';
import { DEFAULT_SETTINGS } from '../domain/settings';

const LOAD = `select search, customers_may_meet as "customersMayMeet", retention_days as "retentionDays" from chat.settings where tenant_id = $1`;

/** How each tenant's chat works; remembered for five seconds, and for so long a change by another process may go unnoticed. */
@Injectable()
export class SettingsRepository {
  private readonly known = new Cache<ChatSettings>({ name: 'chat.settings', max: 5_000, ttlMs: 5_000 });

  constructor(private readonly database: Database) {}

  of(tenantId: string): Promise<ChatSettings> {
    return this.known.getOrLoad(tenantId, () => this.read(tenantId));
  }

  /** As they are stored now. */
  async read(tenantId: string): Promise<ChatSettings> {
    const [row] = await this.database.readAs<ChatSettings>(tenantId, LOAD, [tenantId]);
    return row ?? DEFAULT_SETTINGS;
  }

  /** Which looks at old messages go on; a row is made where there is none. */
  setPurgeChain(tx: Transaction, chainId: string): void {
    const { search, customersMayMeet } = DEFAULT_SETTINGS;
    tx.later(
      `insert into chat.settings (tenant_id, search, customers_may_meet, purge_chain, updated_at) values ($1, $2, $3, $4, kernel.now())
       on conflict (tenant_id) do update set purge_chain = excluded.purge_chain`,
      [tx.tenantId, search, customersMayMeet, chainId],
    );
  }

  save(tx: Transaction, settings: ChatSettings): void {
    tx.later(
      `insert into chat.settings (tenant_id, search, customers_may_meet, retention_days, updated_at) values ($1, $2, $3, $4, kernel.now())
       on conflict (tenant_id) do update set search = excluded.search, customers_may_meet = excluded.customers_may_meet, retention_days = excluded.retention_days,
         updated_at = excluded.updated_at`,
      [tx.tenantId, settings.search, settings.customersMayMeet, settings.retentionDays],
    );
    tx.afterCommit(() => this.known.delete(tx.tenantId));
  }
}
