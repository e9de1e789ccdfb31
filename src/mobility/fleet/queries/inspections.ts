import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { ChecklistItem, InspectionResult } from '../domain/inspection';
import { checklistNotFound, inspectionNotFound } from '../domain/maintenance.errors';
import { forDrivers, narrowedTo } from './own';

export interface ChecklistFacts {
  id: string;
  name: string;
  items: ChecklistItem[];
  currency: string;
  active: boolean;
  createdAt: string;
}

export interface InspectionFacts {
  id: string;
  vehicleId: string;
  checklistId: string;
  inspectedBy: string | null;
  at: string;
  odometerMetres: number | null;
  passed: boolean;
  results: (InspectionResult & { label: string })[];
  note: string | null;
  /** Of what was wrong. */
  workOrderId: string | null;
}

export class ListChecklistsQuery extends Query<Page<ChecklistFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.checklist-not-found`, also for those who neither manage the fleet nor drive for it */
export class FindChecklistQuery extends Query<ChecklistFacts> {
  constructor(readonly checklistId: string) {
    super();
  }
}

/** Those that the caller may see: all, or its own. */
export class ListInspectionsQuery extends Query<Page<InspectionFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.inspection-not-found`, also for those of others where the caller sees its own alone */
export class FindInspectionQuery extends Query<InspectionFacts> {
  constructor(readonly inspectionId: string) {
    super();
  }
}

type ChecklistRow = Omit<ChecklistFacts, 'createdAt'> & { createdAt: Date };
const CHECKLIST = `c.id, c.name, c.items, c.currency, c.active, c.created_at as "createdAt"`;
const checklistOf = (row: ChecklistRow): ChecklistFacts => ({
  id: row.id,
  name: row.name,
  items: row.items,
  currency: row.currency,
  active: row.active,
  createdAt: row.createdAt.toISOString(),
});
const CHECKLISTS = keyset({
  id: 'c.id',
  sorts: { createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { active: { sql: 'c.active', type: 'boolean' } },
});

@QueryHandler(ListChecklistsQuery)
export class ListChecklistsHandler implements IQueryHandler<ListChecklistsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListChecklistsQuery): Promise<Page<ChecklistFacts>> {
    return CHECKLISTS.run<ChecklistRow, ChecklistFacts>(this.database, list, {
      select: CHECKLIST,
      from: 'fleet.checklists c',
      where: `c.tenant_id = kernel.tenant_id() and ${forDrivers('$1')}`,
      params: [narrowedTo()],
      map: checklistOf,
    });
  }
}

@QueryHandler(FindChecklistQuery)
export class FindChecklistHandler implements IQueryHandler<FindChecklistQuery> {
  constructor(private readonly database: Database) {}

  async execute({ checklistId }: FindChecklistQuery): Promise<ChecklistFacts> {
    const [row] = await this.database.read<ChecklistRow>(
      `select ${CHECKLIST} from fleet.checklists c where c.tenant_id = kernel.tenant_id() and c.id = $1 and ${forDrivers('$2')}`,
      [checklistId, narrowedTo()],
    );
    if (!row) throw checklistNotFound();
    return checklistOf(row);
  }
}

type Row = Omit<InspectionFacts, 'at'> & { at: Date };
const COLUMNS = `i.id, i.vehicle_id as "vehicleId", i.checklist_id as "checklistId", i.inspected_by as "inspectedBy", i.at,
  i.odometer_metres::float8 as "odometerMetres", i.passed, i.results, i.note, i.work_order_id as "workOrderId"`;
const WHERE = `i.tenant_id = kernel.tenant_id() and ($1::uuid is null or i.inspected_by = $1::uuid)`;
const viewOf = (row: Row): InspectionFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  checklistId: row.checklistId,
  inspectedBy: row.inspectedBy,
  at: row.at.toISOString(),
  odometerMetres: row.odometerMetres,
  passed: row.passed,
  results: row.results,
  note: row.note,
  workOrderId: row.workOrderId,
});
const INSPECTIONS = keyset({
  id: 'i.id',
  sorts: { at: { sql: 'i.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: {
    vehicleId: { sql: 'i.vehicle_id', type: 'uuid' },
    passed: { sql: 'i.passed', type: 'boolean' },
    at: { sql: 'i.at', type: 'timestamptz' },
  },
});

@QueryHandler(ListInspectionsQuery)
export class ListInspectionsHandler implements IQueryHandler<ListInspectionsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListInspectionsQuery): Promise<Page<InspectionFacts>> {
    return INSPECTIONS.run<Row, InspectionFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.inspections i',
      where: WHERE,
      params: [narrowedTo()],
      map: viewOf,
    });
  }
}

@QueryHandler(FindInspectionQuery)
export class FindInspectionHandler implements IQueryHandler<FindInspectionQuery> {
  constructor(private readonly database: Database) {}

  async execute({ inspectionId }: FindInspectionQuery): Promise<InspectionFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.inspections i where ${WHERE} and i.id = $2`,
      [narrowedTo(), inspectionId],
    );
    if (!row) throw inspectionNotFound();
    return viewOf(row);
  }
}
