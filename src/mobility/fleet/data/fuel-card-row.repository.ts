import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Fuel } from '../domain/fuel';
import type { CardDecision, CardFlag, CardRow, Filling, RowVehicle } from '../domain/fuel-card';

/** A new row of a card, as it is stored. `quantity` in smallest units, `amount` in minor units. */
export interface NewCardRow {
  id: string;
  cardId: string;
  providerKey: string;
  key: string;
  digest: string;
  transaction: string | null;
  plateKey: string | null;
  at: Date;
  fuelType: Fuel | null;
  quantity: number;
  amount: number | null;
  currency: string | null;
  station: string | null;
  lat: number | null;
  lng: number | null;
}

/** Whose a row is; null: nobody knows. */
export interface Owners {
  vehicleId: string | null;
  driverId: string | null;
}

/** Owners that stay so until the commit. A driver who is forgotten is nobody, and no place is kept of what it paid. */
export interface HeldOwners extends Owners {
  forgotten: boolean;
}

/** A row with what it was given before. */
export interface StoredCardRow extends CardRow, Owners {
  station: string | null;
  flags: CardFlag[];
  entryId: string | null;
  /** The entry is of this row alone. */
  made: boolean;
  /** People wrote on that entry, or it is old. */
  written: boolean;
  priorAmount: number | null;
  priorCurrency: string | null;
  /** Of the entry as it is. */
  entryVehicleId: string | null;
  entryFileId: string | null;
  entryAmount: number | null;
  entryCurrency: string | null;
}

export interface StoredFilling extends Filling {
  vehicleId: string;
  /** Of a refill: the entry that it is. */
  entryId: string | null;
  amount: number | null;
  currency: string | null;
}

/** A vehicle and a stretch of time. */
export interface Stretch {
  vehicleId: string;
  from: Date;
  to: Date;
}

export interface EntryOfRow {
  id: string;
  row: StoredCardRow;
  fuelType: Fuel;
}

/** What a row is given. */
export interface GivenRow {
  id: string;
  flags: CardFlag[];
  entryId: string | null;
  made: boolean;
  priorAmount: number | null;
  priorCurrency: string | null;
  nearestMetres: number | null;
}

/** Hours around a stretch whose rows are looked at: whatever is near each other by half an hour. */
const AROUND = '1 day';
/** What refills were is forgotten after two years: what rows were given by then stays. */
const FIXED_DAYS = 700;

/** People wrote on a row's entry, or it is old. */
const WRITTEN = `(num_nonnulls(e.file_id, e.note, e.odometer_metres) > 0 or r.at < kernel.now() - make_interval(days => ${FIXED_DAYS}))`;
/** Such an entry stays, unless people dispute the row or the card was another vehicle's. */
const FIXED = `(${WRITTEN} and r.decision is distinct from 'disputed' and r.vehicle_id is not distinct from e.vehicle_id)`;
const ROW = `r.id, r.row_key as key, r.card_id as "cardId", extract(epoch from r.at)::float8 * 1000 as at, r.fuel_type as "fuelType",
  r.quantity::float8 as quantity, r.amount::float8 as amount, r.currency, r.station, r.lat, r.lng, r.nearest_metres as "nearestMetres",
  r.decision, r.vehicle_id as "vehicleId", r.driver_id as "driverId", r.flags, r.entry_id as "entryId",
  r.made and r.entry_id is not null as made, r.prior_amount::float8 as "priorAmount", r.prior_currency as "priorCurrency",
  e.vehicle_id as "entryVehicleId", e.file_id as "entryFileId", e.amount::float8 as "entryAmount", e.currency as "entryCurrency",
  r.made and e.id is not null and ${WRITTEN} as written, r.made and e.id is not null and ${FIXED} as fixed`;
const ROWS = `fleet.fuel_card_rows r left join fleet.fuel_entries e on e.tenant_id = r.tenant_id and e.id = r.entry_id`;

/** Rows of fuel cards. Cards are locked first, then vehicles in the order of their ids, by whoever writes. */
@Injectable()
export class FuelCardRowRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** What the organization knows of rows by their keys. */
  known(
    keys: readonly { providerKey: string; key: string }[],
  ): Promise<{ providerKey: string; key: string; digest: string }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select provider_key as "providerKey", row_key as key, digest from fleet.fuel_card_rows
       where tenant_id = $1 and (provider_key, row_key) in (select * from unnest($2::text[], $3::text[]))`,
      [tx.tenantId, keys.map(({ providerKey }) => providerKey), keys.map(({ key }) => key)],
    );
  }

  /** Whose transactions are, in their order: by the plate, else by who or what had the card then. */
  owners(rows: readonly { cardId: string; at: Date; plateKey: string | null }[]): Promise<Owners[]> {
    const tx = this.uow.current();
    return tx.query<Owners>(
      `select coalesce(p.id, a.vehicle_id, d.vehicle_id) as "vehicleId", coalesce(a.driver_id, w.driver_id) as "driverId"
       from unnest($2::uuid[], $3::timestamptz[], $4::text[]) with ordinality as x(card_id, at, plate, n)
       left join lateral (select c.vehicle_id, c.driver_id from fleet.fuel_card_assignments c
         where c.tenant_id = $1 and c.card_id = x.card_id and c.during @> x.at) a on true
       left join lateral (select v.id from fleet.vehicles v where v.tenant_id = $1 and v.plate_key = x.plate
         order by v.state = 'retired', v.state_since desc, v.id limit 1) p on true
       left join lateral (select o.vehicle_id from fleet.assignments o where o.tenant_id = $1 and o.subject_id = a.driver_id
         and o.kind = 'driver' and o.during @> x.at) d on true
       left join lateral (select o.driver_id from fleet.assignments o where o.tenant_id = $1 and o.kind = 'driver' and o.slot = 1
         and o.vehicle_id = coalesce(p.id, a.vehicle_id) and o.during @> x.at) w on true
       order by x.n`,
      [tx.tenantId, rows.map(({ cardId }) => cardId), rows.map(({ at }) => at), rows.map(({ plateKey }) => plateKey)],
    );
  }

  /** @returns ids of those that were not there */
  async insert(rows: readonly (NewCardRow & Owners)[], by: string | null): Promise<string[]> {
    const tx = this.uow.current();
    const sorted = [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
    const of = (name: keyof (NewCardRow & Owners)): unknown[] => sorted.map((row) => row[name]);
    const made = await tx.query<{ id: string }>(
      `insert into fleet.fuel_card_rows (tenant_id, id, card_id, provider_key, row_key, digest, transaction, vehicle_id, driver_id,
         plate_key, at, fuel_type, quantity, amount, currency, station, lat, lng, flags, imported_by, created_at)
       select $1, x.*, array['unmatched'], $19, kernel.now()
       from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[],
         $11::timestamptz[], $12::text[], $13::bigint[], $14::bigint[], $15::text[], $16::text[], $17::float8[], $18::float8[]) as x
       on conflict on constraint fuel_card_rows_once do nothing returning id`,
      [
        ...[tx.tenantId, of('id'), of('cardId'), of('providerKey'), of('key'), of('digest'), of('transaction')],
        ...[of('vehicleId'), of('driverId'), of('plateKey'), of('at'), of('fuelType'), of('quantity'), of('amount')],
        ...[of('currency'), of('station'), of('lat'), of('lng'), by],
      ],
    );
    return made.map(({ id }) => id);
  }

  /** Locks the vehicles of owners and others, then who drives: nobody is forgotten before the commit. */
  async hold(owners: readonly Owners[], vehicleIds: readonly string[] = []): Promise<HeldOwners[]> {
    const tx = this.uow.current();
    await this.lockVehicles([...vehicleIds, ...owners.flatMap(({ vehicleId }) => vehicleId ?? [])]);
    const forgotten = new Set<string | null>();
    const drivers = await tx.query<{ id: string; forgotten: boolean }>(
      `select id, forgotten_at is not null as forgotten from fleet.drivers where tenant_id = $1 and id = any($2::uuid[])
       order by id for share`,
      [tx.tenantId, owners.flatMap(({ driverId }) => driverId ?? [])],
    );
    for (const driver of drivers) if (driver.forgotten) forgotten.add(driver.id);
    return owners.map(({ vehicleId, driverId }) =>
      forgotten.has(driverId)
        ? { vehicleId, driverId: null, forgotten: true }
        : { vehicleId, driverId, forgotten: false },
    );
  }

  /** Locks vehicles in the order of their ids. @returns what rows of theirs are judged by */
  lockVehicles(ids: readonly string[]): Promise<(RowVehicle & { id: string })[]> {
    const tx = this.uow.current();
    return tx.query(
      `select id, fuel_type as "fuelType", tank_capacity as "tankCapacity" from fleet.vehicles
       where tenant_id = $1 and id = any($2::uuid[]) order by id for no key update`,
      [tx.tenantId, ids],
    );
  }

  /** Rows of vehicles around stretches of time. */
  around(stretches: readonly Stretch[]): Promise<StoredCardRow[]> {
    const tx = this.uow.current();
    return tx.query<StoredCardRow>(
      `select ${ROW} from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as s(vehicle_id, since, until)
       join ${ROWS} on r.tenant_id = $1 and r.vehicle_id = s.vehicle_id
         and r.at between s.since - interval '${AROUND}' and s.until + interval '${AROUND}'
       order by r.at, r.id`,
      this.paramsOf(stretches),
    );
  }

  /** What was filled in around stretches of time: entries that no row made, and refills that no entry but a row's is known of. */
  async fillings(stretches: readonly Stretch[]): Promise<StoredFilling[]> {
    const tx = this.uow.current();
    const near = `s.since - interval '25 hours' and s.until + interval '25 hours'`;
    const found = await tx.query<StoredFilling & { from: Date; to: Date }>(
      `with s as materialized (select * from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as s(vehicle_id, since, until))
       select 'entry' as kind, e.id, e.vehicle_id as "vehicleId", e.at as "from", e.at as "to", e.quantity::float8 as quantity, e.unit, e.lat, e.lng,
         e.amount::float8 as amount, e.currency, null as "entryId"
       from s join fleet.fuel_entries e on e.tenant_id = $1 and e.vehicle_id = s.vehicle_id and e.source <> 'card' and e.at between ${near}
       union all
       select 'change', c.id, c.vehicle_id, c.began_at, c.ended_at, c.quantity::float8,
         case when v.fuel_type = 'electric' then 'wh' when v.fuel_type in ('cng', 'hydrogen') then 'g' else 'ml' end, c.lat, c.lng, null, null, c.entry_id
       from s join fleet.fuel_changes c on c.tenant_id = $1 and c.vehicle_id = s.vehicle_id and c.kind = 'refill'
           and c.state in ('open', 'confirmed') and c.began_at between ${near}
         join fleet.vehicles v on v.tenant_id = $1 and v.id = c.vehicle_id
         left join fleet.fuel_entries e on e.tenant_id = $1 and e.id = c.entry_id
         left join fleet.fuel_card_rows r on r.tenant_id = $1 and r.entry_id = e.id
       where e.id is null or (e.source = 'card' and case when r.id is null then num_nonnulls(e.file_id, e.note, e.odometer_metres) = 0
         else not ${FIXED} end)`,
      this.paramsOf(stretches),
    );
    return found.map(({ from, to, ...rest }) => ({ ...rest, from: from.getTime(), to: to.getTime() }));
  }

  private paramsOf(stretches: readonly Stretch[]): unknown[] {
    const ids = stretches.map(({ vehicleId }) => vehicleId);
    return [this.uow.current().tenantId, ids, stretches.map(({ from }) => from), stretches.map(({ to }) => to)];
  }

  /** Rows by their ids. */
  byId(ids: readonly string[]): Promise<StoredCardRow[]> {
    const tx = this.uow.current();
    return tx.query<StoredCardRow>(`select ${ROW} from ${ROWS} where r.tenant_id = $1 and r.id = any($2::uuid[])`, [
      ...[tx.tenantId, ids],
    ]);
  }

  /** Transactions of a card from a moment on, the vehicle's plate where the provider told it. */
  ofCard(
    cardId: string,
    from: Date,
  ): Promise<{ id: string; vehicleId: string | null; cardId: string; at: Date; plateKey: string | null }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select id, vehicle_id as "vehicleId", card_id as "cardId", at, plate_key as "plateKey" from fleet.fuel_card_rows
       where tenant_id = $1 and card_id = $2 and at >= $3 order by id`,
      [tx.tenantId, cardId, from],
    );
  }

  /** Rows belong to others, and their entries to who drives now, unless people said who; how near those came is not known yet. */
  async setOwners(ids: readonly string[], owners: readonly HeldOwners[]): Promise<void> {
    const tx = this.uow.current();
    const drivers = owners.map(({ driverId }) => driverId);
    const forgotten = owners.map((owner) => owner.forgotten);
    await tx.execute(
      `update fleet.fuel_entries e set driver_id = case when e.driver_id is not distinct from r.driver_id then x.driver_id else e.driver_id end,
         station = case when not x.forgotten then e.station end, lat = case when not x.forgotten then e.lat end,
         lng = case when not x.forgotten then e.lng end, updated_at = kernel.now()
       from unnest($2::uuid[], $3::uuid[], $4::boolean[]) as x(id, driver_id, forgotten)
       join fleet.fuel_card_rows r on r.tenant_id = $1 and r.id = x.id
       where e.tenant_id = $1 and e.id = r.entry_id and r.made and (x.forgotten or r.driver_id is distinct from x.driver_id)`,
      [tx.tenantId, ids, drivers, forgotten],
    );
    await tx.execute(
      `update fleet.fuel_card_rows r set vehicle_id = x.vehicle_id, driver_id = x.driver_id, nearest_metres =
           case when r.vehicle_id is not distinct from x.vehicle_id then r.nearest_metres end,
         station = case when not x.forgotten then r.station end, lat = case when not x.forgotten then r.lat end,
         lng = case when not x.forgotten then r.lng end
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[]) as x(id, vehicle_id, driver_id, forgotten)
       where r.tenant_id = $1 and r.id = x.id`,
      [tx.tenantId, ids, owners.map(({ vehicleId }) => vehicleId), drivers, forgotten],
    );
  }

  /** Unlocked: the vehicle is locked first. Null where there is no such row. */
  async vehicleOf(id: string): Promise<{ vehicleId: string | null; at: Date } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string | null; at: Date }>(
      'select vehicle_id as "vehicleId", at from fleet.fuel_card_rows where tenant_id = $1 and id = $2',
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async decide(id: string, decision: CardDecision, note: string | null, by: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_card_rows set decision = $3, note = $4, decided_by = $5, decided_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, decision, note, by],
    );
  }

  /** Whether an entry has its price from a row that made it. */
  async madeEntry(entryId: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query('select from fleet.fuel_card_rows where tenant_id = $1 and entry_id = $2 and made', [
      ...[tx.tenantId, entryId],
    ]);
    return rows.length > 0;
  }
}
