import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { AssignmentKind } from '../domain/assignment';
import { assignmentNotFound, vehicleNotFound } from '../domain/fleet.errors';

export interface AssignmentFacts {
  id: string;
  vehicleId: string;
  kind: AssignmentKind;
  /** Id of the driver, the tracker or the trailer. */
  subjectId: string;
  slot: number;
  from: string;
  until: string | null;
  note: string | null;
  createdAt: string;
}

/** Of one vehicle, newest first. @throws AppError not-found `fleet.vehicle-not-found` */
export class ListAssignmentsQuery extends Query<Page<AssignmentFacts>> {
  constructor(
    readonly vehicleId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.assignment-not-found` */
export class FindAssignmentQuery extends Query<AssignmentFacts> {
  constructor(readonly assignmentId: string) {
    super();
  }
}

type Row = Omit<AssignmentFacts, 'from' | 'until' | 'createdAt'> & { from: Date; until: Date | null; createdAt: Date };
const COLUMNS = `a.id, a.vehicle_id as "vehicleId", a.kind, a.subject_id as "subjectId", a.slot, lower(a.during) as "from",
  upper(a.during) as until, a.note, a.created_at as "createdAt"`;
const viewOf = (row: Row): AssignmentFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  kind: row.kind,
  subjectId: row.subjectId,
  slot: row.slot,
  from: row.from.toISOString(),
  until: row.until?.toISOString() ?? null,
  note: row.note,
  createdAt: row.createdAt.toISOString(),
});
const ASSIGNMENTS = keyset({
  id: 'a.id',
  sorts: { from: { sql: 'lower(a.during)', type: 'timestamptz' } },
  defaultSort: '-from',
  filters: {
    kind: { sql: 'a.kind', type: 'text' },
    subjectId: { sql: 'a.subject_id', type: 'uuid' },
    at: (at: string, place) => `a.during @> ${place(at, 'timestamptz')}`,
  },
});

@QueryHandler(ListAssignmentsQuery)
export class ListAssignmentsHandler implements IQueryHandler<ListAssignmentsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId, list }: ListAssignmentsQuery): Promise<Page<AssignmentFacts>> {
    const page = await ASSIGNMENTS.run<Row, AssignmentFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.assignments a',
      where: 'a.tenant_id = kernel.tenant_id() and a.vehicle_id = $1',
      params: [vehicleId],
      map: viewOf,
    });
    if (page.data.length === 0) await demandVehicle(this.database, vehicleId);
    return page;
  }
}

@QueryHandler(FindAssignmentQuery)
export class FindAssignmentHandler implements IQueryHandler<FindAssignmentQuery> {
  constructor(private readonly database: Database) {}

  async execute({ assignmentId }: FindAssignmentQuery): Promise<AssignmentFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.assignments a where a.tenant_id = kernel.tenant_id() and a.id = $1`,
      [assignmentId],
    );
    if (!row) throw assignmentNotFound();
    return viewOf(row);
  }
}

/** Tells a vehicle without rows from one that is not there. @throws AppError not-found `fleet.vehicle-not-found` */
export async function demandVehicle(database: Database, vehicleId: string): Promise<void> {
  const found = await database.read('select from fleet.vehicles where tenant_id = kernel.tenant_id() and id = $1', [
    vehicleId,
  ]);
  if (found.length === 0) throw vehicleNotFound();
}
