import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsNumber, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { PurchaseBody } from './costs.dto';
import { FleetMoney } from './maintenance.dto';

const Amount =
  (most: number): PropertyDecorator =>
  (target, key) => {
    IsNumber({ allowNaN: false, allowInfinity: false })(target, key);
    Min(0)(target, key);
    Max(most)(target, key);
  };
const Priced = (): PropertyDecorator => (target, key) => {
  MayBeAbsent()(target, key);
  ValidateNested()(target, key);
  Type(() => FleetMoney)(target, key as string);
};

/** Minor units for a litre, a kilogram (cng, hydrogen) or a kilowatt hour. */
export class FuelPricesBody {
  @Priced()
  petrol?: FleetMoney;

  @Priced()
  diesel?: FleetMoney;

  @Priced()
  lpg?: FleetMoney;

  @Priced()
  cng?: FleetMoney;

  @Priced()
  hydrogen?: FleetMoney;

  @Priced()
  hybrid?: FleetMoney;

  @Priced()
  electric?: FleetMoney;
}

/** Litres, kilograms or kilowatt hours in an hour of standing with the engine on. */
export class IdleRatesBody {
  @MayBeAbsent()
  @Amount(1000)
  car?: number;

  @MayBeAbsent()
  @Amount(1000)
  van?: number;

  @MayBeAbsent()
  @Amount(1000)
  truck?: number;

  @MayBeAbsent()
  @Amount(1000)
  bus?: number;

  @MayBeAbsent()
  @Amount(1000)
  motorcycle?: number;

  @MayBeAbsent()
  @Amount(1000)
  machine?: number;

  @MayBeAbsent()
  @Amount(1000)
  trailer?: number;
}

/** Kilograms of CO2 equivalents for a litre, a kilogram or a kilowatt hour. */
export class Co2FactorBody {
  /**
   * Out of the exhaust.
   * @example 2.51
   */
  @Amount(1000)
  tankToWheel: number;

  /**
   * With what making and bringing the fuel took.
   * @example 3.12
   */
  @Amount(1000)
  wellToWheel: number;
}

const Factor = (): PropertyDecorator => (target, key) => {
  MayBeAbsent()(target, key);
  ValidateNested()(target, key);
  Type(() => Co2FactorBody)(target, key as string);
};

/** Those that the organization sets itself. */
export class Co2FactorsBody {
  @Factor()
  petrol?: Co2FactorBody;

  @Factor()
  diesel?: Co2FactorBody;

  @Factor()
  lpg?: Co2FactorBody;

  @Factor()
  cng?: Co2FactorBody;

  @Factor()
  hydrogen?: Co2FactorBody;

  @Factor()
  hybrid?: Co2FactorBody;

  @Factor()
  electric?: Co2FactorBody;
}

export class SetCostSettingsBody {
  /** For what was not filled in at a price in the period. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => FuelPricesBody)
  fuelPrices?: FuelPricesBody;

  /** By class, where the vehicle has no figure of its own. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => IdleRatesBody)
  idleRates?: IdleRatesBody;

  /** What an hour of idling costs beside its fuel, such as wages and wear. */
  @ApiPropertyOptional({ type: FleetMoney, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => FleetMoney)
  idleHour?: FleetMoney | null;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => Co2FactorsBody)
  co2Factors?: Co2FactorsBody;
}

export class Co2FactorView extends Co2FactorBody {
  /** @example "EN 16258:2012, table A.1" */
  source: string;
}

export class EffectiveCo2FactorsView {
  petrol: Co2FactorView;
  diesel: Co2FactorView;
  lpg: Co2FactorView;
  cng: Co2FactorView;
  hydrogen: Co2FactorView;
  hybrid: Co2FactorView;
  electric: Co2FactorView;
}

/** What the fleet reckons with. */
export class CostSettingsView {
  fuelPrices: FuelPricesBody;
  idleRates: IdleRatesBody;
  @ApiProperty({ type: FleetMoney, nullable: true })
  idleHour: FleetMoney | null;
  co2Factors: Co2FactorsBody;
  /** What is set, else that of the product, with its source. */
  effectiveCo2Factors: EffectiveCo2FactorsView;
}

export class SetCostProfileBody {
  /** Left out: not known, so that there is no depreciation but what is entered by hand. */
  @ApiPropertyOptional({ type: PurchaseBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => PurchaseBody)
  purchase?: PurchaseBody | null;

  /** Litres, kilograms or kilowatt hours in an hour of idling; left out: that of its class. */
  @ApiPropertyOptional({ type: Number, nullable: true, example: 1.1 })
  @IsOptional()
  @Amount(1000)
  idleRate?: number | null;
}

export class PurchaseView {
  price: FleetMoney;
  residual: FleetMoney;
  /** @example 2025-07-01 */
  purchasedOn: string;
  /** @example 60 */
  lifeMonths: number | null;
  lifeMetres: number | null;
  /** @example 0 */
  purchaseMetres: number;
}

/** What a vehicle was bought for, and what it takes while it idles. */
export class CostProfileView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  @ApiProperty({ type: PurchaseView, nullable: true })
  purchase: PurchaseView | null;
  /** @example 1.1 */
  idleRate: number | null;
}
