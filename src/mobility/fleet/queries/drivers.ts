import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { driverNotFound, noDriver } from '../domain/fleet.errors';
import { narrowedTo } from './own';

export interface DriverFacts {
  id: string;
  name: string;
  userId: string | null;
  email: string | null;
  phone: string | null;
  employeeNumber: string | null;
  licenceClasses: string[];
  active: boolean;
  /** What the driver drives now. */
  vehicle: { id: string; name: string } | null;
  version: number;
  createdAt: string;
}

/** Those that the caller may see: all, or itself. */
export class ListDriversQuery extends Query<Page<DriverFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.driver-not-found`, also where a driver asks for another */
export class FindDriverQuery extends Query<DriverFacts> {
  constructor(readonly driverId: string) {
    super();
  }
}

/** Whoever asks, as a driver. @throws AppError not-found `fleet.no-driver` */
export class OwnDriverQuery extends Query<DriverFacts> {}

type Row = Omit<DriverFacts, 'createdAt'> & { createdAt: Date };
const COLUMNS = `d.id, d.name, d.user_id as "userId", d.email, d.phone, d.employee_number as "employeeNumber",
  d.licence_classes as "licenceClasses", d.active, d.version, d.created_at as "createdAt",
  (select jsonb_build_object('id', v.id, 'name', v.name) from fleet.assignments a
     join fleet.vehicles v on v.tenant_id = a.tenant_id and v.id = a.vehicle_id
   where a.tenant_id = kernel.tenant_id() and a.subject_id = d.id and a.kind = 'driver' and a.during @> kernel.now()) as vehicle`;
const WHERE = `d.tenant_id = kernel.tenant_id() and d.forgotten_at is null`;
const viewOf = (row: Row): DriverFacts => ({
  id: row.id,
  name: row.name,
  userId: row.userId,
  email: row.email,
  phone: row.phone,
  employeeNumber: row.employeeNumber,
  licenceClasses: row.licenceClasses,
  active: row.active,
  vehicle: row.vehicle,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
});
const DRIVERS = keyset({
  id: 'd.id',
  sorts: { name: { sql: 'd.name_key', type: 'text' }, createdAt: { sql: 'd.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
  filters: { active: { sql: 'd.active', type: 'boolean' }, employeeNumber: { sql: 'd.employee_number', type: 'text' } },
});

@QueryHandler(ListDriversQuery)
export class ListDriversHandler implements IQueryHandler<ListDriversQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListDriversQuery): Promise<Page<DriverFacts>> {
    return DRIVERS.run<Row, DriverFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.drivers d',
      where: `${WHERE} and ($1::uuid is null or d.user_id = $1::uuid)`,
      params: [narrowedTo()],
      map: viewOf,
    });
  }
}

@QueryHandler(FindDriverQuery)
export class FindDriverHandler implements IQueryHandler<FindDriverQuery> {
  constructor(private readonly database: Database) {}

  async execute({ driverId }: FindDriverQuery): Promise<DriverFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.drivers d where ${WHERE} and d.id = $1 and ($2::uuid is null or d.user_id = $2::uuid)`,
      [driverId, narrowedTo()],
    );
    if (!row) throw driverNotFound();
    return viewOf(row);
  }
}

@QueryHandler(OwnDriverQuery)
export class OwnDriverHandler implements IQueryHandler<OwnDriverQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<DriverFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.drivers d where ${WHERE} and d.user_id = $1::uuid`,
      [currentContext().principal.userId],
    );
    if (!row) throw noDriver();
    return viewOf(row);
  }
}
