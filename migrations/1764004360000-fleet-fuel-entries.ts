import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * What was filled into vehicles. One row of `fleet.fuel_entries`:
 *
 * - `vehicle_id`, `driver_id` (null: nobody known), `at`;
 * - `fuel_type` as of vehicles, and `unit`, which follows from it: millilitres (`ml`), grams (`g`) or watt hours (`wh`);
 * - `quantity`, a whole number of that unit; `full`: the tank was full afterwards;
 * - `amount` and `currency`: what all of it cost in minor units, both null where nobody knows;
 * - `odometer_metres`: over the life of the vehicle, as the meter's reading of that moment has it; null where it was not read;
 * - `source`: told by people (`manual`), from a row of a fuel card (`card`), or seen by the sensor of the tank (`detected`);
 * - `station`, `lat`, `lng`, `note`, `file_id` (a receipt).
 */
export class FleetFuelEntries1764004360000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.fuel_entries',
      `vehicle_id uuid not null, driver_id uuid, at timestamptz not null, fuel_type text not null
         check (fuel_type in ('petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric')),
       unit text not null generated always as
         (case when fuel_type = 'electric' then 'wh' when fuel_type in ('cng', 'hydrogen') then 'g' else 'ml' end) stored,
       quantity bigint not null check (quantity > 0), "full" boolean not null,
       amount bigint check (amount >= 0), currency char(3), odometer_metres bigint check (odometer_metres >= 0),
       source text not null check (source in ('manual', 'card', 'detected')),
       station text, lat float8, lng float8, note text, file_id uuid, entered_by uuid,
       created_at timestamptz not null, updated_at timestamptz not null,
       check ((amount is null) = (currency is null)), check ((lat is null) = (lng is null)),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id)`,
    );
    await runner.query(`create index fuel_entries_newest on fleet.fuel_entries (tenant_id, at, id)`);
    await runner.query(`create index fuel_entries_of_vehicle on fleet.fuel_entries (tenant_id, vehicle_id, at)`);
    await runner.query(`create index fuel_entries_of_driver on fleet.fuel_entries (tenant_id, driver_id, at)`);
    for (const column of ['station', 'lat', 'lng'])
      await runner.query(`comment on column fleet.fuel_entries.${column} is 'pii:location'`);
    await runner.query(`comment on column fleet.fuel_entries.note is 'pii:text'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table fleet.fuel_entries');
  }
}
