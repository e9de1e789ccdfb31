import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { fleetNotFound } from '../domain/fleet.errors';

export interface FleetFacts {
  id: string;
  name: string;
  description: string | null;
  /** Vehicles and trailers that are not retired. */
  vehicles: number;
  createdAt: string;
}

export class ListFleetsQuery extends Query<Page<FleetFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fleet-not-found` */
export class FindFleetQuery extends Query<FleetFacts> {
  constructor(readonly fleetId: string) {
    super();
  }
}

type Row = Omit<FleetFacts, 'createdAt'> & { createdAt: Date };
const COLUMNS = `f.id, f.name, f.description, f.created_at as "createdAt", (select count(*)::int from fleet.vehicles v
  where v.tenant_id = kernel.tenant_id() and v.fleet_id = f.id and v.state <> 'retired') as vehicles`;
const viewOf = ({ id, name, description, vehicles, createdAt }: Row): FleetFacts => ({
  id,
  name,
  description,
  vehicles,
  createdAt: createdAt.toISOString(),
});
const FLEETS = keyset({
  id: 'f.id',
  sorts: { name: { sql: 'f.name_key', type: 'text' }, createdAt: { sql: 'f.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
});

@QueryHandler(ListFleetsQuery)
export class ListFleetsHandler implements IQueryHandler<ListFleetsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFleetsQuery): Promise<Page<FleetFacts>> {
    return FLEETS.run<Row, FleetFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.fleets f',
      where: 'f.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindFleetQuery)
export class FindFleetHandler implements IQueryHandler<FindFleetQuery> {
  constructor(private readonly database: Database) {}

  async execute({ fleetId }: FindFleetQuery): Promise<FleetFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.fleets f where f.tenant_id = kernel.tenant_id() and f.id = $1`,
      [fleetId],
    );
    if (!row) throw fleetNotFound();
    return viewOf(row);
  }
}
