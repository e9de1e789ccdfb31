import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Fuel } from '../domain/fuel';
import type { EntryOfRow, GivenRow } from './fuel-card-row.repository';

/** What an entry costs from now on; null: nobody knows. */
export interface EntryPrice {
  entryId: string;
  amount: number | null;
  currency: string | null;
}

/** What rows of cards are given: entries, prices, refills. Their vehicles are locked first by whoever writes. */
@Injectable()
export class FuelCardMatchRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Rows have no entry any more; entries that only they made go, and with them the links of refills. */
  async release(rowIds: readonly string[], madeIds: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      'update fleet.fuel_card_rows set entry_id = null, made = false where tenant_id = $1 and id = any($2)',
      [...[tx.tenantId, rowIds]],
    );
    await tx.execute('delete from fleet.fuel_entries where tenant_id = $1 and id = any($2)', [tx.tenantId, madeIds]);
  }

  async price(prices: readonly EntryPrice[]): Promise<void> {
    if (prices.length === 0) return;
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_entries e set amount = x.amount, currency = x.currency, updated_at = kernel.now()
       from unnest($2::uuid[], $3::bigint[], $4::text[]) as x(id, amount, currency) where e.tenant_id = $1 and e.id = x.id`,
      [
        ...[tx.tenantId, prices.map(({ entryId }) => entryId), prices.map(({ amount }) => amount)],
        prices.map(({ currency }) => currency),
      ],
    );
  }

  /** Entries that rows alone told of go with them to other vehicles; the refill that each was stays behind, and so does the meter. */
  async move(entries: readonly { entryId: string; vehicleId: string; fuelType: Fuel | null }[]): Promise<void> {
    if (entries.length === 0) return;
    const tx = this.uow.current();
    const ids = entries.map(({ entryId }) => entryId);
    await tx.execute('update fleet.fuel_changes set entry_id = null where tenant_id = $1 and entry_id = any($2)', [
      ...[tx.tenantId, ids],
    ]);
    await tx.execute(
      `update fleet.fuel_entries e set vehicle_id = x.vehicle_id, fuel_type = coalesce(x.fuel_type, e.fuel_type), odometer_metres = null,
         updated_at = kernel.now()
       from unnest($2::uuid[], $3::uuid[], $4::text[]) as x(id, vehicle_id, fuel_type) where e.tenant_id = $1 and e.id = x.id`,
      [tx.tenantId, ids, entries.map(({ vehicleId }) => vehicleId), entries.map(({ fuelType }) => fuelType)],
    );
  }

  /** Entries that rows alone told of. */
  async make(entries: readonly EntryOfRow[]): Promise<void> {
    if (entries.length === 0) return;
    const tx = this.uow.current();
    const of = <T>(pick: (entry: EntryOfRow) => T): T[] => entries.map(pick);
    await tx.execute(
      `insert into fleet.fuel_entries (tenant_id, id, vehicle_id, driver_id, at, fuel_type, quantity, "full", amount, currency, source,
         station, lat, lng, created_at, updated_at)
       select $1, x.id, x.vehicle_id, x.driver_id, x.at, x.fuel_type, x.quantity, false, x.amount, x.currency, 'card', x.station, x.lat, x.lng,
         kernel.now(), kernel.now()
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
         $11::float8[], $12::float8[]) as x(id, vehicle_id, driver_id, at, fuel_type, quantity, amount, currency, station, lat, lng)`,
      [
        ...[tx.tenantId, of(({ id }) => id), of(({ row }) => row.vehicleId), of(({ row }) => row.driverId)],
        ...[of(({ row }) => new Date(row.at)), of(({ fuelType }) => fuelType), of(({ row }) => row.quantity)],
        ...[of(({ row }) => row.amount), of(({ row }) => row.currency), of(({ row }) => row.station)],
        ...[of(({ row }) => row.lat), of(({ row }) => row.lng)],
      ],
    );
  }

  /** Refills that the sensor saw are these entries. */
  async link(links: readonly { changeId: string; entryId: string }[]): Promise<void> {
    if (links.length === 0) return;
    const tx = this.uow.current();
    const [changes, entries] = [links.map(({ changeId }) => changeId), links.map(({ entryId }) => entryId)];
    await tx.execute(
      'update fleet.fuel_changes set entry_id = null where tenant_id = $1 and (id = any($2) or entry_id = any($3))',
      [tx.tenantId, changes, entries],
    );
    await tx.execute(
      `update fleet.fuel_changes c set entry_id = x.entry_id from unnest($2::uuid[], $3::uuid[]) as x(id, entry_id)
       where c.tenant_id = $1 and c.id = x.id`,
      [tx.tenantId, changes, entries],
    );
  }

  async give(rows: readonly GivenRow[]): Promise<void> {
    if (rows.length === 0) return;
    const tx = this.uow.current();
    const given = rows.map(({ flags, ...rest }) => ({ ...rest, flags: `{${flags.join(',')}}` }));
    await tx.execute(
      `update fleet.fuel_card_rows r set flags = x.flags::text[], entry_id = x."entryId", made = x.made, prior_amount = x."priorAmount",
         prior_currency = x."priorCurrency", nearest_metres = x."nearestMetres"
       from jsonb_to_recordset($2::jsonb) as x(id uuid, flags text, "entryId" uuid, made boolean, "priorAmount" bigint, "priorCurrency" text,
         "nearestMetres" float8) where r.tenant_id = $1 and r.id = x.id`,
      [tx.tenantId, JSON.stringify(given)],
    );
  }
}
