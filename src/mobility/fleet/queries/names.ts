import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';

export interface Names {
  vehicle: string | null;
  driver: string | null;
  driverUserId: string | null;
}

/** What a vehicle and a driver are called, for sentences; null for what is not there. */
export class NamesOfQuery extends Query<Names> {
  constructor(readonly request: { vehicleId?: string | null; driverId?: string | null }) {
    super();
  }
}

@QueryHandler(NamesOfQuery)
export class NamesOfHandler implements IQueryHandler<NamesOfQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { vehicleId = null, driverId = null } }: NamesOfQuery): Promise<Names> {
    const [row] = await this.database.read<Names>(
      `select v.name as vehicle, d.name as driver, d.user_id as "driverUserId"
       from (values (1)) one
       left join fleet.vehicles v on v.tenant_id = kernel.tenant_id() and v.id = $1::uuid
       left join fleet.drivers d on d.tenant_id = kernel.tenant_id() and d.id = $2::uuid`,
      [vehicleId, driverId],
    );
    return row;
  }
}
