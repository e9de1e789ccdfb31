import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { writtenOffOn, type CostEntry, type CostSeries, type Purchase } from '../domain/costs';

type Stored<T extends { amount: unknown }> = Omit<T, 'amount'> & { amount: number; currency: string };

const ENTRY = `id, vehicle_id as "vehicleId", driver_id as "driverId", category, amount, currency, at, begins_on::text as "beginsOn",
  ends_on::text as "endsOn", vendor, reference, note, file_id as "fileId", series_id as "seriesId", occurrence`;
const SERIES = `id, vehicle_id as "vehicleId", category, amount, currency, every, begins_on::text as "beginsOn", ends_on::text as "endsOn",
  vendor, reference, note, made`;

const withMoney = <T extends { amount: unknown }>({ amount, currency, ...rest }: Stored<T>): T =>
  ({ ...rest, amount: { amount: Number(amount), currency } }) as unknown as T;

/** What vehicles cost, what of it comes back, and what they were bought for. */
@Injectable()
export class CostRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async lock(id: string): Promise<CostEntry | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Stored<CostEntry>>(
      `select ${ENTRY} from fleet.cost_entries where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ? withMoney<CostEntry>(row) : null;
  }

  async insert(entry: CostEntry, by: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.cost_entries (tenant_id, id, vehicle_id, driver_id, category, amount, currency, at, begins_on, ends_on, vendor,
         reference, note, file_id, series_id, occurrence, entered_by, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, kernel.now(), kernel.now())`,
      [tx.tenantId, ...valuesOf(entry), entry.seriesId, entry.occurrence, by],
    );
  }

  async update(entry: CostEntry): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.cost_entries set vehicle_id = $3, driver_id = $4, category = $5, amount = $6, currency = $7, at = $8, begins_on = $9,
         ends_on = $10, vendor = $11, reference = $12, note = $13, file_id = $14, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, ...valuesOf(entry)],
    );
  }

  async remove(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('delete from fleet.cost_entries where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }

  /** Depreciation of the vehicle was entered by hand. */
  async depreciatedByHand(vehicleId: string): Promise<boolean> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ some: boolean }>(
      `select exists (select from fleet.cost_entries where tenant_id = $1 and vehicle_id = $2 and category = 'depreciation')
         or exists (select from fleet.cost_series where tenant_id = $1 and vehicle_id = $2 and category = 'depreciation') as some`,
      [tx.tenantId, vehicleId],
    );
    return row.some;
  }

  /** What the vehicle was bought for is known, so that its depreciation follows. */
  async hasPurchase(vehicleId: string): Promise<boolean> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ some: boolean }>(
      'select exists (select from fleet.cost_profiles where tenant_id = $1 and id = $2 and price is not null) as some',
      [tx.tenantId, vehicleId],
    );
    return row.some;
  }

  /**
   * What was written of a driver goes, and what the fleet paid stays, as nobody's.
   * @returns ids of entries that had a file
   */
  async forgetDriver(driverId: string): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string; had: boolean }>(
      `with named as (select id, file_id is not null as had from fleet.cost_entries
          where tenant_id = $1 and driver_id = $2 and num_nonnulls(reference, note, file_id) > 0 order by id for update)
       update fleet.cost_entries e set reference = null, note = null, file_id = null, updated_at = kernel.now()
       from named where e.tenant_id = $1 and e.id = named.id returning e.id, named.had`,
      [tx.tenantId, driverId],
    );
    return rows.flatMap(({ id, had }) => (had ? [id] : [])).sort();
  }

  /** The vehicle is locked before its costs. */
  async vehicleOf(id: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string }>(
      'select vehicle_id as "vehicleId" from fleet.cost_entries where tenant_id = $1 and id = $2',
      [tx.tenantId, id],
    );
    return row?.vehicleId ?? null;
  }

  /** The vehicle is locked before its series. */
  async vehicleOfSeries(id: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string }>(
      'select vehicle_id as "vehicleId" from fleet.cost_series where tenant_id = $1 and id = $2',
      [tx.tenantId, id],
    );
    return row?.vehicleId ?? null;
  }

  async lockSeries(id: string): Promise<CostSeries | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Stored<CostSeries>>(
      `select ${SERIES} from fleet.cost_series where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ? withMoney<CostSeries>(row) : null;
  }

  async insertSeries(series: CostSeries): Promise<void> {
    const tx = this.uow.current();
    const { id, vehicleId, category, amount, every, beginsOn, endsOn, vendor, reference, note, made } = series;
    await tx.execute(
      `insert into fleet.cost_series (tenant_id, id, vehicle_id, category, amount, currency, every, begins_on, ends_on, vendor, reference,
         note, made, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, kernel.now(), kernel.now())`,
      [
        ...[tx.tenantId, id, vehicleId, category, amount.amount, amount.currency, every, beginsOn, endsOn],
        ...[vendor, reference, note, made],
      ],
    );
  }

  async updateSeries({ id, amount, endsOn, vendor, reference, note, made }: CostSeries): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.cost_series set amount = $3, currency = $4, ends_on = $5, vendor = $6, reference = $7, note = $8, made = $9,
         updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, amount.amount, amount.currency, endsOn, vendor, reference, note, made],
    );
  }

  async saveProfile(vehicleId: string, purchase: Purchase | null, idleRate: number | null): Promise<void> {
    const tx = this.uow.current();
    const life = purchase?.lifeMonths ?? null;
    await tx.execute(
      `insert into fleet.cost_profiles (tenant_id, id, price, residual, currency, purchased_on, life_months, written_off_on, life_metres,
         purchase_metres, idle_rate, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, kernel.now())
       on conflict (tenant_id, id) do update set price = excluded.price, residual = excluded.residual, currency = excluded.currency,
         purchased_on = excluded.purchased_on, life_months = excluded.life_months, written_off_on = excluded.written_off_on,
         life_metres = excluded.life_metres, purchase_metres = excluded.purchase_metres, idle_rate = excluded.idle_rate,
         updated_at = excluded.updated_at`,
      [
        ...[tx.tenantId, vehicleId, purchase?.price.amount ?? null, purchase?.residual.amount ?? null],
        ...[purchase?.price.currency ?? null, purchase?.purchasedOn ?? null, life],
        ...[purchase && life !== null ? writtenOffOn(purchase.purchasedOn, life) : null],
        ...[purchase?.lifeMetres ?? null, purchase?.purchaseMetres ?? null, idleRate],
      ],
    );
  }

  async saveSettings(
    settings: Record<'fuelPrices' | 'idleRates' | 'idleHour' | 'co2Factors', object | null>,
  ): Promise<void> {
    const tx = this.uow.current();
    const { fuelPrices, idleRates, idleHour, co2Factors } = settings;
    await tx.execute(
      `insert into fleet.cost_settings (tenant_id, id, fuel_prices, idle_rates, idle_hour, co2_factors, updated_at)
       values ($1, $1, $2, $3, $4, $5, kernel.now())
       on conflict (tenant_id, id) do update set fuel_prices = excluded.fuel_prices, idle_rates = excluded.idle_rates,
         idle_hour = excluded.idle_hour, co2_factors = excluded.co2_factors, updated_at = excluded.updated_at`,
      [tx.tenantId, ...[fuelPrices, idleRates, idleHour, co2Factors].map((one) => one && JSON.stringify(one))],
    );
  }
}

const valuesOf = (entry: CostEntry): unknown[] => [
  entry.id,
  entry.vehicleId,
  entry.driverId,
  entry.category,
  entry.amount.amount,
  entry.amount.currency,
  entry.at,
  entry.beginsOn,
  entry.endsOn,
  entry.vendor,
  entry.reference,
  entry.note,
  entry.fileId,
];
