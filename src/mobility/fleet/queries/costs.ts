import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { CostCategory, CostInterval } from '../domain/costs';
import { costNotFound, costSeriesNotFound } from '../domain/costs.errors';

export interface CostFacts {
  id: string;
  vehicleId: string;
  vehicleName: string;
  driverId: string | null;
  category: CostCategory;
  amount: Money;
  at: string | null;
  /** Days, the last included. */
  firstDay: string;
  lastDay: string;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  fileId: string | null;
  seriesId: string | null;
  createdAt: string;
}

export interface RecurringCostFacts {
  id: string;
  vehicleId: string;
  vehicleName: string;
  category: CostCategory;
  amount: Money;
  every: CostInterval;
  beginsOn: string;
  endsOn: string | null;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  /** Periods that are entered. */
  made: number;
  createdAt: string;
}

export class ListCostsQuery extends Query<Page<CostFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.cost-not-found` */
export class FindCostQuery extends Query<CostFacts> {
  constructor(readonly costId: string) {
    super();
  }
}

export class ListRecurringCostsQuery extends Query<Page<RecurringCostFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.cost-series-not-found` */
export class FindRecurringCostQuery extends Query<RecurringCostFacts> {
  constructor(readonly seriesId: string) {
    super();
  }
}

type Row = Omit<CostFacts, 'amount' | 'at' | 'createdAt'> & {
  amount: number;
  currency: string;
  at: Date | null;
  createdAt: Date;
};
const COST = `c.id, c.vehicle_id as "vehicleId", v.name as "vehicleName", c.driver_id as "driverId", c.category, c.amount, c.currency,
  c.at, c.begins_on::text as "firstDay", (c.ends_on - 1)::text as "lastDay", c.vendor, c.reference, c.note, c.file_id as "fileId",
  c.series_id as "seriesId", c.created_at as "createdAt"`;
const COST_FROM = 'fleet.cost_entries c join fleet.vehicles v on v.tenant_id = c.tenant_id and v.id = c.vehicle_id';
const COSTS = keyset({
  id: 'c.id',
  sorts: { firstDay: { sql: 'c.begins_on', type: 'date' }, createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-firstDay',
  filters: {
    vehicleId: { sql: 'c.vehicle_id', type: 'uuid' },
    driverId: { sql: 'c.driver_id', type: 'uuid' },
    seriesId: { sql: 'c.series_id', type: 'uuid' },
    category: { sql: 'c.category', type: 'text' },
    // Those that have a day within.
    from: (day: string, place) => `c.ends_on > ${place(day, 'date')}`,
    to: (day: string, place) => `c.begins_on < ${place(day, 'date')}`,
  },
});

const costOf = ({ amount, currency, at, createdAt, ...row }: Row): CostFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  vehicleName: row.vehicleName,
  driverId: row.driverId,
  category: row.category,
  amount: { amount: Number(amount), currency },
  at: at?.toISOString() ?? null,
  firstDay: row.firstDay,
  lastDay: row.lastDay,
  vendor: row.vendor,
  reference: row.reference,
  note: row.note,
  fileId: row.fileId,
  seriesId: row.seriesId,
  createdAt: createdAt.toISOString(),
});

@QueryHandler(ListCostsQuery)
export class ListCostsHandler implements IQueryHandler<ListCostsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListCostsQuery): Promise<Page<CostFacts>> {
    return COSTS.run<Row, CostFacts>(this.database, list, {
      select: COST,
      from: COST_FROM,
      where: 'c.tenant_id = kernel.tenant_id()',
      map: costOf,
    });
  }
}

@QueryHandler(FindCostQuery)
export class FindCostHandler implements IQueryHandler<FindCostQuery> {
  constructor(private readonly database: Database) {}

  async execute({ costId }: FindCostQuery): Promise<CostFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COST} from ${COST_FROM} where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [costId],
    );
    if (!row) throw costNotFound();
    return costOf(row);
  }
}

type SeriesRow = Omit<RecurringCostFacts, 'amount' | 'createdAt'> & {
  amount: number;
  currency: string;
  createdAt: Date;
};
const SERIES = `c.id, c.vehicle_id as "vehicleId", v.name as "vehicleName", c.category, c.amount, c.currency, c.every,
  c.begins_on::text as "beginsOn", c.ends_on::text as "endsOn", c.vendor, c.reference, c.note, c.made, c.created_at as "createdAt"`;
const SERIES_FROM = 'fleet.cost_series c join fleet.vehicles v on v.tenant_id = c.tenant_id and v.id = c.vehicle_id';
const RECURRING = keyset({
  id: 'c.id',
  sorts: { createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    vehicleId: { sql: 'c.vehicle_id', type: 'uuid' },
    category: { sql: 'c.category', type: 'text' },
  },
});

const seriesOf = ({ amount, currency, createdAt, ...row }: SeriesRow): RecurringCostFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  vehicleName: row.vehicleName,
  category: row.category,
  amount: { amount: Number(amount), currency },
  every: row.every,
  beginsOn: row.beginsOn,
  endsOn: row.endsOn,
  vendor: row.vendor,
  reference: row.reference,
  note: row.note,
  made: row.made,
  createdAt: createdAt.toISOString(),
});

@QueryHandler(ListRecurringCostsQuery)
export class ListRecurringCostsHandler implements IQueryHandler<ListRecurringCostsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListRecurringCostsQuery): Promise<Page<RecurringCostFacts>> {
    return RECURRING.run<SeriesRow, RecurringCostFacts>(this.database, list, {
      select: SERIES,
      from: SERIES_FROM,
      where: 'c.tenant_id = kernel.tenant_id()',
      map: seriesOf,
    });
  }
}

@QueryHandler(FindRecurringCostQuery)
export class FindRecurringCostHandler implements IQueryHandler<FindRecurringCostQuery> {
  constructor(private readonly database: Database) {}

  async execute({ seriesId }: FindRecurringCostQuery): Promise<RecurringCostFacts> {
    const [row] = await this.database.read<SeriesRow>(
      `select ${SERIES} from ${SERIES_FROM} where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [seriesId],
    );
    if (!row) throw costSeriesNotFound();
    return seriesOf(row);
  }
}
