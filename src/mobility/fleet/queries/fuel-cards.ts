import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { cardNotFound } from '../domain/fuel-card.errors';

/** Who or what has a card for a period. */
export interface CardHolderFacts {
  vehicleId: string | null;
  driverId: string | null;
  from: string;
  /** Null: until further notice. */
  until: string | null;
}

export interface FuelCardFacts {
  id: string;
  provider: string;
  /** All that is known of its number. */
  lastFour: string;
  label: string | null;
  /** Now. */
  holder: CardHolderFacts | null;
  createdAt: string;
}

export class ListFuelCardsQuery extends Query<Page<FuelCardFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-card-not-found` */
export class FindFuelCardQuery extends Query<FuelCardFacts> {
  constructor(readonly cardId: string) {
    super();
  }
}

/** Who had a card, when. @throws AppError not-found `fleet.fuel-card-not-found` */
export class ListFuelCardHoldersQuery extends Query<Page<CardHolderFacts & { id: string }>> {
  constructor(
    readonly cardId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

interface Row {
  id: string;
  provider: string;
  lastFour: string;
  label: string | null;
  vehicleId: string | null;
  driverId: string | null;
  from: Date | null;
  until: Date | null;
  createdAt: Date;
}
const COLUMNS = `c.id, c.provider, c.last_four as "lastFour", c.label, a.vehicle_id as "vehicleId", a.driver_id as "driverId",
  lower(a.during) as "from", upper(a.during) as until, c.created_at as "createdAt"`;
const FROM = `fleet.fuel_cards c left join fleet.fuel_card_assignments a on a.tenant_id = c.tenant_id and a.card_id = c.id
  and a.during @> kernel.now()`;
const CARDS = keyset({
  id: 'c.id',
  sorts: { createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    lastFour: { sql: 'c.last_four::text', type: 'text' },
    vehicleId: { sql: 'a.vehicle_id', type: 'uuid' },
    driverId: { sql: 'a.driver_id', type: 'uuid' },
  },
});

const viewOf = ({ vehicleId, driverId, from, until, createdAt, ...card }: Row): FuelCardFacts => ({
  ...{ id: card.id, provider: card.provider, lastFour: card.lastFour, label: card.label },
  holder: from && { vehicleId, driverId, from: from.toISOString(), until: until?.toISOString() ?? null },
  createdAt: createdAt.toISOString(),
});

@QueryHandler(ListFuelCardsQuery)
export class ListFuelCardsHandler implements IQueryHandler<ListFuelCardsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFuelCardsQuery): Promise<Page<FuelCardFacts>> {
    return CARDS.run<Row, FuelCardFacts>(this.database, list, {
      ...{ select: COLUMNS, from: FROM, where: 'c.tenant_id = kernel.tenant_id()' },
      map: viewOf,
    });
  }
}

@QueryHandler(FindFuelCardQuery)
export class FindFuelCardHandler implements IQueryHandler<FindFuelCardQuery> {
  constructor(private readonly database: Database) {}

  async execute({ cardId }: FindFuelCardQuery): Promise<FuelCardFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ${FROM} where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [cardId],
    );
    if (!row) throw cardNotFound();
    return viewOf(row);
  }
}

type HolderRow = { id: string; vehicleId: string | null; driverId: string | null; from: Date; until: Date | null };
const HOLDERS = keyset({
  id: 'a.id',
  sorts: { from: { sql: 'lower(a.during)', type: 'timestamptz' } },
  defaultSort: '-from',
});

@QueryHandler(ListFuelCardHoldersQuery)
export class ListFuelCardHoldersHandler implements IQueryHandler<ListFuelCardHoldersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ cardId, list }: ListFuelCardHoldersQuery): Promise<Page<CardHolderFacts & { id: string }>> {
    const page = await HOLDERS.run<HolderRow, CardHolderFacts & { id: string }>(this.database, list, {
      select:
        'a.id, a.vehicle_id as "vehicleId", a.driver_id as "driverId", lower(a.during) as "from", upper(a.during) as until',
      from: 'fleet.fuel_card_assignments a',
      where: 'a.tenant_id = kernel.tenant_id() and a.card_id = $1',
      params: [cardId],
      map: ({ id, vehicleId, driverId, from, until }) => ({
        ...{ id, vehicleId, driverId, from: from.toISOString(), until: until?.toISOString() ?? null },
      }),
    });
    if (page.data.length === 0) {
      const known = await this.database.read(
        'select from fleet.fuel_cards where tenant_id = kernel.tenant_id() and id = $1',
        [cardId],
      );
      if (known.length === 0) throw cardNotFound();
    }
    return page;
  }
}
