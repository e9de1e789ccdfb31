import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { locationViewOf, type LocationView } from '../commands/create-location';

/** A page of the shop's locations. */
export class ListLocationsQuery extends Query<Page<LocationView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const LOCATIONS = keyset({ id: 'p.id', sorts: { code: { sql: 'p.code', type: 'text' } }, defaultSort: 'code' });

@QueryHandler(ListLocationsQuery)
export class ListLocationsHandler implements IQueryHandler<ListLocationsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListLocationsQuery): Promise<Page<LocationView>> {
    return LOCATIONS.run<LocationView, LocationView>(this.database, list, {
      select: 'p.id, p.code, p.name, p.is_default as "isDefault", p.active, p.version',
      from: 'inventory.locations p',
      where: 'p.tenant_id = kernel.tenant_id()',
      map: locationViewOf,
    });
  }
}
