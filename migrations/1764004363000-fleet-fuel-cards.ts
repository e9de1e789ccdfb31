import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Fuel cards, of which only the provider, the last four digits and a label are known, who or what had one when, and what
 * providers say was paid with them. One row of `fleet.fuel_card_rows`:
 *
 * - `row_key`: by what a row of a provider is known again, its transaction number or `digest`, which is of all that it says;
 * - `vehicle_id`, `driver_id`: whose it was, by the plate or the card; null where nobody knows; `plate_key` as of vehicles;
 * - `quantity` in smallest units of `fuel_type`, else of what the vehicle takes; `amount` and `currency` in minor units;
 * - `nearest_metres`: how near the vehicle came to the place then; null where nobody knows;
 * - `flags`: what may be wrong; `decision`: what people said of it; `state` follows from both;
 * - `entry_id`: what was filled in, which has its price from here; `made`: an entry that only this row told of, else
 *   `prior_amount` and `prior_currency` are what it cost before.
 */
export class FleetFuelCards1764004363000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.fuel_cards',
      `provider text not null, provider_key text not null, last_four char(4) not null check (last_four ~ '^[0-9]{4}$'), label text,
       created_by uuid, created_at timestamptz not null, updated_at timestamptz not null,
       constraint fuel_cards_once unique (tenant_id, provider_key, last_four)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`comment on column fleet.fuel_cards.label is 'pii:text'`);
    await tenantTable(
      runner,
      'fleet.fuel_card_assignments',
      `card_id uuid not null, vehicle_id uuid, driver_id uuid, during tstzrange not null
         check (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower(during) is not null),
       assigned_by uuid, created_at timestamptz not null, check (num_nonnulls(vehicle_id, driver_id) = 1),
       foreign key (tenant_id, card_id) references fleet.fuel_cards (tenant_id, id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       constraint fuel_card_assignments_apart exclude using gist (tenant_id with =, card_id with =, during with &&)`,
    );
    await runner.query(
      `create index fuel_card_assignments_of_driver on fleet.fuel_card_assignments (tenant_id, driver_id)`,
    );
    await tenantTable(
      runner,
      'fleet.fuel_card_rows',
      `card_id uuid not null, provider_key text not null, row_key text not null, digest text not null, transaction text,
       vehicle_id uuid, driver_id uuid, plate_key text, at timestamptz not null, fuel_type text
         check (fuel_type in ('petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric')),
       quantity bigint not null check (quantity > 0), amount bigint check (amount >= 0), currency char(3),
       station text, lat float8, lng float8, nearest_metres float8, flags text[] not null default '{}',
       decision text check (decision in ('accepted', 'disputed')), note text, decided_by uuid, decided_at timestamptz,
       state text not null generated always as
         (coalesce(decision, case when cardinality(flags) = 0 then 'matched' else 'flagged' end)) stored,
       entry_id uuid, made boolean not null default false, prior_amount bigint, prior_currency char(3),
       imported_by uuid, created_at timestamptz not null,
       check ((amount is null) = (currency is null)), check ((lat is null) = (lng is null)),
       check ((decision is null) = (decided_at is null)),
       constraint fuel_card_rows_once unique (tenant_id, provider_key, row_key),
       constraint fuel_card_rows_entry unique (tenant_id, entry_id),
       foreign key (tenant_id, card_id) references fleet.fuel_cards (tenant_id, id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       foreign key (tenant_id, entry_id) references fleet.fuel_entries (tenant_id, id) on delete set null (entry_id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`create index fuel_card_rows_newest on fleet.fuel_card_rows (tenant_id, at, id)`);
    await runner.query(`create index fuel_card_rows_of_vehicle on fleet.fuel_card_rows (tenant_id, vehicle_id, at)`);
    await runner.query(`create index fuel_card_rows_of_driver on fleet.fuel_card_rows (tenant_id, driver_id, at)`);
    await runner.query(`create index fuel_card_rows_of_card on fleet.fuel_card_rows (tenant_id, card_id, at)`);
    for (const column of ['station', 'lat', 'lng'])
      await runner.query(`comment on column fleet.fuel_card_rows.${column} is 'pii:location'`);
    await runner.query(`comment on column fleet.fuel_card_rows.note is 'pii:text'`);
    await retention(runner, 'fleet.fuel_card_rows', {
      of: 'card_places',
      since: 'at',
      where: 'num_nonnulls(station, lat, lng) > 0',
      empty: 'station = null, lat = null, lng = null',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.purge_card_places(int, int)');
    await runner.query('drop table fleet.fuel_card_rows');
    await runner.query('drop table fleet.fuel_card_assignments');
    await runner.query('drop table fleet.fuel_cards');
  }
}
