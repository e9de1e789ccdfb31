import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { DigestPlan } from '../commands/plan-stock-digest';
import type { LevelThresholds } from '../commands/change-thresholds';
import { type OwnThresholds, LEVELS_WITH_SETTINGS, THRESHOLDS } from '../data/threshold.repository';

/** A page of items at locations with the thresholds that hold for them. */
export class ListThresholdsQuery extends Query<Page<LevelThresholds>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** The shop's default thresholds; null where it said none. */
export class AlertDefaultsQuery extends Query<OwnThresholds> {}

/** At which hour the staff is mailed what is open, and when next. */
export class StockDigestPlanQuery extends Query<DigestPlan> {}

const LIST = keyset({
  id: 'l.id',
  sorts: { sku: { sql: 'l.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: { sku: { sql: 'l.sku', type: 'text' }, locationId: { sql: 'l.location_id', type: 'uuid' } },
});

@QueryHandler(ListThresholdsQuery)
export class ListThresholdsHandler implements IQueryHandler<ListThresholdsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListThresholdsQuery): Promise<Page<LevelThresholds>> {
    return LIST.run<LevelThresholds, LevelThresholds>(this.database, list, {
      select: THRESHOLDS,
      from: LEVELS_WITH_SETTINGS,
      where: 'l.tenant_id = kernel.tenant_id()',
      map: ({ sku, locationId, own, effective }) => ({ sku, locationId, own, effective }),
    });
  }
}

@QueryHandler(AlertDefaultsQuery)
export class AlertDefaultsHandler implements IQueryHandler<AlertDefaultsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<OwnThresholds> {
    const [row] = await this.database.read<OwnThresholds>(
      `select reorder_level as "reorderLevel", overstock_level as "overstockLevel", expiry_alert_days as "expiryAlertDays"
       from inventory.alert_settings where tenant_id = kernel.tenant_id()`,
    );
    return row ?? { reorderLevel: null, overstockLevel: null, expiryAlertDays: null };
  }
}

@QueryHandler(StockDigestPlanQuery)
export class StockDigestPlanHandler implements IQueryHandler<StockDigestPlanQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<DigestPlan> {
    const [row] = await this.database.read<{ hour: number | null; nextAt: Date | null }>(
      `select digest_hour as hour, next_digest_at as "nextAt" from inventory.alert_settings where tenant_id = kernel.tenant_id()`,
    );
    return { hour: row?.hour ?? null, nextAt: row?.nextAt?.toISOString() ?? null };
  }
}
