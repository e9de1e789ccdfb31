import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { locationViewOf, type LocationView } from '../commands/create-location';
import { locationNotFound } from '../domain/inventory.errors';

/** A page of the shop's locations. */
export class ListLocationsQuery extends Query<Page<LocationView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** One location, closed ones too. @throws AppError not-found `inventory.location-not-found` */
export class FindLocationQuery extends Query<LocationView> {
  constructor(readonly locationId: string) {
    super();
  }
}

const COLUMNS = 'p.id, p.code, p.name, p.is_default as "isDefault", p.active, p.version';
const LOCATIONS = keyset({ id: 'p.id', sorts: { code: { sql: 'p.code', type: 'text' } }, defaultSort: 'code' });

@QueryHandler(ListLocationsQuery)
export class ListLocationsHandler implements IQueryHandler<ListLocationsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListLocationsQuery): Promise<Page<LocationView>> {
    return LOCATIONS.run<LocationView, LocationView>(this.database, list, {
      select: COLUMNS,
      from: 'inventory.locations p',
      where: 'p.tenant_id = kernel.tenant_id()',
      map: locationViewOf,
    });
  }
}

@QueryHandler(FindLocationQuery)
export class FindLocationHandler implements IQueryHandler<FindLocationQuery> {
  constructor(private readonly database: Database) {}

  async execute({ locationId }: FindLocationQuery): Promise<LocationView> {
    const [found] = await this.database.read<LocationView>(
      `select ${COLUMNS} from inventory.locations p where p.tenant_id = kernel.tenant_id() and p.id = $1`,
      [locationId],
    );
    if (!found) throw locationNotFound();
    return locationViewOf(found);
  }
}
