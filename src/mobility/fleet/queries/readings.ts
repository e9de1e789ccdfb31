import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Meter, ReadingKind } from '../domain/meter';
import { demandVehicle } from './assignments';

export interface ReadingFacts {
  id: string;
  vehicleId: string;
  meter: Meter;
  kind: ReadingKind;
  /** What the meter showed: metres, or seconds. */
  shown: number;
  /** Over the life of the vehicle. */
  total: number;
  at: string;
  source: string;
  reason: string | null;
  recordedBy: string | null;
  recordedAt: string;
}

/** Of one vehicle, newest first. @throws AppError not-found `fleet.vehicle-not-found` */
export class ListReadingsQuery extends Query<Page<ReadingFacts>> {
  constructor(
    readonly vehicleId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** The reading of a moment. */
export class FindReadingQuery extends Query<ReadingFacts> {
  constructor(
    readonly vehicleId: string,
    readonly meter: Meter,
    readonly at: Date,
  ) {
    super();
  }
}

type Row = Omit<ReadingFacts, 'at' | 'recordedAt'> & { at: Date; recordedAt: Date };
const COLUMNS = `r.id, r.vehicle_id as "vehicleId", r.meter, r.kind, r.shown::float8 as shown, r.total::float8 as total, r.at, r.source,
  r.reason, r.recorded_by as "recordedBy", r.recorded_at as "recordedAt"`;
const viewOf = (row: Row): ReadingFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  meter: row.meter,
  kind: row.kind,
  shown: row.shown,
  total: row.total,
  at: row.at.toISOString(),
  source: row.source,
  reason: row.reason,
  recordedBy: row.recordedBy,
  recordedAt: row.recordedAt.toISOString(),
});
const READINGS = keyset({
  id: 'r.id',
  sorts: { at: { sql: 'r.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: { meter: { sql: 'r.meter', type: 'text' }, at: { sql: 'r.at', type: 'timestamptz' } },
});

@QueryHandler(ListReadingsQuery)
export class ListReadingsHandler implements IQueryHandler<ListReadingsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId, list }: ListReadingsQuery): Promise<Page<ReadingFacts>> {
    const page = await READINGS.run<Row, ReadingFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.meter_readings r',
      where: 'r.tenant_id = kernel.tenant_id() and r.vehicle_id = $1',
      params: [vehicleId],
      map: viewOf,
    });
    if (page.data.length === 0) await demandVehicle(this.database, vehicleId);
    return page;
  }
}

@QueryHandler(FindReadingQuery)
export class FindReadingHandler implements IQueryHandler<FindReadingQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId, meter, at }: FindReadingQuery): Promise<ReadingFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.meter_readings r
       where r.tenant_id = kernel.tenant_id() and r.vehicle_id = $1 and r.meter = $2 and r.at = $3`,
      [vehicleId, meter, at],
    );
    return viewOf(row);
  }
}
