import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ALERT, ALERTS, ALERT_STATE, alertOf, type AlertRecord, type AlertRow } from './alert-view';

/** A page of stock alerts, newest first. */
export class ListAlertsQuery extends Query<Page<AlertRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const LIST = keyset({
  id: 'a.id',
  sorts: {},
  defaultSort: '-id',
  filters: {
    state: { sql: `(${ALERT_STATE})`, type: 'text' },
    kind: { sql: 'a.kind', type: 'text' },
    sku: { sql: 'a.sku', type: 'text' },
    locationId: { sql: 'a.location_id', type: 'uuid' },
  },
});

@QueryHandler(ListAlertsQuery)
export class ListAlertsHandler implements IQueryHandler<ListAlertsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAlertsQuery): Promise<Page<AlertRow>> {
    return LIST.run<AlertRecord, AlertRow>(this.database, list, {
      select: ALERT,
      from: ALERTS,
      where: 'a.tenant_id = kernel.tenant_id()',
      map: alertOf,
    });
  }
}
