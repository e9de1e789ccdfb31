import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import type { Purchase } from '../domain/costs';
import { CO2_FACTORS, type BurntFuel, type Co2Factor } from '../domain/emissions';
import { vehicleNotFound } from '../domain/fleet.errors';
import type { VehicleClass } from '../domain/vehicle';

/** What a vehicle was bought for, and what it takes in an hour of idling; null where nobody said. */
export interface CostProfile {
  vehicleId: string;
  purchase: Purchase | null;
  idleRate: number | null;
}

/** What the organization set; what it did not set follows the product. */
export interface CostSettings {
  fuelPrices: Partial<Record<BurntFuel, Money>>;
  idleRates: Partial<Record<VehicleClass, number>>;
  idleHour: Money | null;
  co2Factors: Partial<Record<BurntFuel, Co2Factor>>;
  /** Those that are reckoned with: the organization's, else the product's. */
  effectiveCo2Factors: Record<BurntFuel, Co2Factor & { source: string }>;
}

/** @throws AppError not-found `fleet.vehicle-not-found` */
export class CostProfileQuery extends Query<CostProfile> {
  constructor(readonly vehicleId: string) {
    super();
  }
}

export class CostSettingsQuery extends Query<CostSettings> {}

/** The organization's factors where it set some, else the product's with their source. */
export const factorsOf = (own: CostSettings['co2Factors']): CostSettings['effectiveCo2Factors'] =>
  Object.fromEntries(
    Object.entries(CO2_FACTORS).map(([fuel, factor]) => {
      const set = own[fuel as BurntFuel];
      return [fuel, set ? { ...set, source: 'the organization' } : factor];
    }),
  ) as CostSettings['effectiveCo2Factors'];

interface ProfileRow {
  id: string;
  price: number | null;
  residual: number;
  currency: string;
  purchasedOn: string;
  lifeMonths: number | null;
  lifeMetres: number | null;
  purchaseMetres: number;
  idleRate: number | null;
}

@QueryHandler(CostProfileQuery)
export class CostProfileHandler implements IQueryHandler<CostProfileQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId }: CostProfileQuery): Promise<CostProfile> {
    const [row] = await this.database.read<ProfileRow>(
      `select v.id, c.price, c.residual, c.currency, c.purchased_on::text as "purchasedOn", c.life_months as "lifeMonths",
         c.life_metres::float8 as "lifeMetres", c.purchase_metres::float8 as "purchaseMetres", c.idle_rate as "idleRate"
       from fleet.vehicles v left join fleet.cost_profiles c on c.tenant_id = v.tenant_id and c.id = v.id
       where v.tenant_id = kernel.tenant_id() and v.id = $1`,
      [vehicleId],
    );
    if (!row) throw vehicleNotFound();
    const { price, residual, currency, purchasedOn, lifeMonths, lifeMetres, purchaseMetres, idleRate } = row;
    const money = (amount: number): Money => ({ amount: Number(amount), currency });
    const life = { purchasedOn, lifeMonths, lifeMetres, purchaseMetres };
    const purchase = price === null ? null : { price: money(price), residual: money(residual), ...life };
    return { vehicleId, purchase, idleRate };
  }
}

@QueryHandler(CostSettingsQuery)
export class CostSettingsHandler implements IQueryHandler<CostSettingsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<CostSettings> {
    const [row] = await this.database.read<Omit<CostSettings, 'effectiveCo2Factors'>>(
      `select fuel_prices as "fuelPrices", idle_rates as "idleRates", idle_hour as "idleHour", co2_factors as "co2Factors"
       from fleet.cost_settings where tenant_id = kernel.tenant_id()`,
    );
    const own = row ?? { fuelPrices: {}, idleRates: {}, idleHour: null, co2Factors: {} };
    return { ...own, effectiveCo2Factors: factorsOf(own.co2Factors) };
  }
}
