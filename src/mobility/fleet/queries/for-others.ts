import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindVehiclesQuery, type VehicleRef } from '../contracts/vehicles';

@QueryHandler(FindVehiclesQuery)
export class FindVehiclesHandler implements IQueryHandler<FindVehiclesQuery> {
  constructor(private readonly database: Database) {}

  execute({ request }: FindVehiclesQuery): Promise<VehicleRef[]> {
    return this.database.read<VehicleRef>(
      `select id, fleet_id as "fleetId", state = 'retired' as retired from fleet.vehicles
       where tenant_id = kernel.tenant_id() and id = any($1::uuid[])`,
      [request.ids],
    );
  }
}
