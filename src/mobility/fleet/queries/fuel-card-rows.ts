import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { Fuel, FuelUnit } from '../domain/fuel';
import { unitOfRow, type CardFlag, type CardRowState } from '../domain/fuel-card';
import { cardRowNotFound } from '../domain/fuel-card.errors';
import type { FuelType } from '../domain/vehicle';
import { narrowedTo } from './own';

export interface FuelCardRowFacts {
  id: string;
  cardId: string;
  provider: string;
  lastFour: string;
  /** The provider's number. */
  transaction: string | null;
  at: string;
  /** Null: nobody knows whose it is. */
  vehicleId: string | null;
  driverId: string | null;
  fuelType: Fuel | null;
  /** In `unit`. */
  quantity: number;
  unit: FuelUnit | null;
  total: Money | null;
  station: string | null;
  location: { lat: number; lng: number } | null;
  /** How near the vehicle came to the place; null where nobody knows. */
  nearestMetres: number | null;
  state: CardRowState;
  flags: CardFlag[];
  note: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** What was filled in, which has its price from here. */
  entryId: string | null;
  createdAt: string;
}

/** Those that the caller may see: all, or what was paid for while it drove. */
export class ListFuelCardRowsQuery extends Query<Page<FuelCardRowFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-card-row-not-found` */
export class FindFuelCardRowQuery extends Query<FuelCardRowFacts> {
  constructor(readonly rowId: string) {
    super();
  }
}

type Row = Omit<FuelCardRowFacts, 'at' | 'createdAt' | 'decidedAt' | 'total' | 'location' | 'unit'> & {
  at: Date;
  createdAt: Date;
  decidedAt: Date | null;
  amount: number | null;
  currency: string | null;
  lat: number | null;
  lng: number | null;
  vehicleFuel: FuelType | null;
};
const COLUMNS = `r.id, r.card_id as "cardId", c.provider, c.last_four as "lastFour", r.transaction, r.at, r.vehicle_id as "vehicleId",
  r.driver_id as "driverId", r.fuel_type as "fuelType", r.quantity::float8 as quantity, r.amount::float8 as amount, r.currency, r.station,
  r.lat, r.lng, r.nearest_metres as "nearestMetres", r.state, r.flags, r.note, r.decided_by as "decidedBy", r.decided_at as "decidedAt",
  r.entry_id as "entryId", r.created_at as "createdAt", v.fuel_type as "vehicleFuel"`;
const FROM = `fleet.fuel_card_rows r join fleet.fuel_cards c on c.tenant_id = r.tenant_id and c.id = r.card_id
  left join fleet.vehicles v on v.tenant_id = r.tenant_id and v.id = r.vehicle_id`;
const WHERE = `r.tenant_id = kernel.tenant_id() and ($1::uuid is null or exists (select from fleet.drivers me
  where me.tenant_id = kernel.tenant_id() and me.id = r.driver_id and me.user_id = $1::uuid))`;
const ROWS = keyset({
  id: 'r.id',
  sorts: { at: { sql: 'r.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: {
    cardId: { sql: 'r.card_id', type: 'uuid' },
    vehicleId: { sql: 'r.vehicle_id', type: 'uuid' },
    driverId: { sql: 'r.driver_id', type: 'uuid' },
    entryId: { sql: 'r.entry_id', type: 'uuid' },
    state: { sql: 'r.state', type: 'text' },
    flag: (flags: string[], place) => `r.flags && ${place(flags, 'text[]')}`,
    at: { sql: 'r.at', type: 'timestamptz' },
  },
});

const viewOf = (row: Row): FuelCardRowFacts => ({
  id: row.id,
  cardId: row.cardId,
  provider: row.provider,
  lastFour: row.lastFour,
  transaction: row.transaction,
  at: row.at.toISOString(),
  vehicleId: row.vehicleId,
  driverId: row.driverId,
  fuelType: row.fuelType,
  quantity: row.quantity,
  unit: unitOfRow(row.fuelType, row.vehicleFuel && { fuelType: row.vehicleFuel, tankCapacity: null }),
  total: row.amount === null ? null : { amount: row.amount, currency: row.currency! },
  station: row.station,
  location: row.lat === null ? null : { lat: row.lat, lng: row.lng! },
  nearestMetres: row.nearestMetres,
  state: row.state,
  flags: row.flags,
  note: row.note,
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAt?.toISOString() ?? null,
  entryId: row.entryId,
  createdAt: row.createdAt.toISOString(),
});

@QueryHandler(ListFuelCardRowsQuery)
export class ListFuelCardRowsHandler implements IQueryHandler<ListFuelCardRowsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFuelCardRowsQuery): Promise<Page<FuelCardRowFacts>> {
    return ROWS.run<Row, FuelCardRowFacts>(this.database, list, {
      ...{ select: COLUMNS, from: FROM, where: WHERE, params: [narrowedTo()] },
      map: viewOf,
    });
  }
}

@QueryHandler(FindFuelCardRowQuery)
export class FindFuelCardRowHandler implements IQueryHandler<FindFuelCardRowQuery> {
  constructor(private readonly database: Database) {}

  async execute({ rowId }: FindFuelCardRowQuery): Promise<FuelCardRowFacts> {
    const [row] = await this.database.read<Row>(`select ${COLUMNS} from ${FROM} where ${WHERE} and r.id = $2`, [
      ...[narrowedTo(), rowId],
    ]);
    if (!row) throw cardRowNotFound();
    return viewOf(row);
  }
}
