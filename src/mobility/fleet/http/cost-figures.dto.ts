import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsNumber, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfIds, ToInt } from '../../../kernel/http/pagination';
import { COST_CATEGORIES, type CostCategory } from '../domain/costs';
import { COST_GROUPS, type CostGroup } from '../queries/cost-summary';
import { EMISSION_GROUPS, EMISSION_METHODS, type EmissionGroup, type EmissionMethod } from '../queries/emissions';
import { USE_GROUPS, type UseGroup } from '../queries/utilisation';
import { EffectiveCo2FactorsView, PurchaseView } from './cost-settings.dto';
import { IsDay } from './fleet-fields';
import { FleetMoney } from './maintenance.dto';

export class ReportDays {
  /** First day, in the organization's time zone. */
  @ApiProperty({ type: String, format: 'date', example: '2026-01-01' })
  @IsDay()
  from: string;

  /** First day that counts no more; at most five years later. Trips are kept for two: before, distance is that of the odometer. */
  @ApiProperty({ type: String, format: 'date', example: '2027-01-01' })
  @IsDay()
  to: string;

  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  fleetId?: string[];
}

export class CostReportParams extends ReportDays {
  /** Rows at most; the total has all. */
  @ApiPropertyOptional({ type: 'integer', example: 100 })
  @MayBeAbsent()
  @ToInt()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

export class CostSummaryParams extends CostReportParams {
  @ApiProperty({ enum: COST_GROUPS, example: 'vehicle' })
  @IsIn(COST_GROUPS)
  groupBy: CostGroup;
}

export class IdleCostsParams extends ReportDays {}

export class EmissionsParams extends CostReportParams {
  @ApiProperty({ enum: EMISSION_GROUPS, example: 'vehicle' })
  @IsIn(EMISSION_GROUPS)
  groupBy: EmissionGroup;
}

export class UtilisationParams extends CostReportParams {
  @ApiProperty({ enum: USE_GROUPS, example: 'vehicle' })
  @IsIn(USE_GROUPS)
  groupBy: UseGroup;

  /** Share of days, 0 to 1, below which something is under-used; default 0.25. */
  @ApiPropertyOptional({ type: Number, example: 0.25 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(1)
  threshold?: number;
}

export class TotalCostParams {
  /** First day; default that of its purchase, else when it was entered. */
  @ApiPropertyOptional({ type: String, format: 'date', example: '2026-01-01' })
  @MayBeAbsent()
  @IsDay()
  from?: string;

  /** First day that counts no more; default tomorrow. */
  @ApiPropertyOptional({ type: String, format: 'date', example: '2046-01-01' })
  @MayBeAbsent()
  @IsDay()
  to?: string;
}

/** Costs of one currency; currencies are never added up. */
export class CurrencyCostsView {
  total: FleetMoney;
  /** Owed whether the vehicle moves or stands: insurance, lease, loan, tax, permit, subscription, depreciation by days. */
  fixed: FleetMoney;
  variable: FleetMoney;
  /** total ÷ kilometres; null where nothing was driven. */
  @ApiProperty({ type: FleetMoney, nullable: true })
  perKm: FleetMoney | null;
  @ApiProperty({ type: FleetMoney, nullable: true })
  per100Km: FleetMoney | null;
  /** total ÷ hours of the engine. */
  @ApiProperty({ type: FleetMoney, nullable: true })
  perEngineHour: FleetMoney | null;
  /** total ÷ days of the period. */
  @ApiProperty({ type: FleetMoney, nullable: true })
  perDay: FleetMoney | null;
}

export class CostFiguresView {
  /** One a currency. */
  costs: CurrencyCostsView[];
  /** @example 812000 */
  metres: number;
  /** @example 54000 */
  engineSeconds: number;
  /** @example 365 */
  days: number;
}

export class CostRowView extends CostFiguresView {
  /** Id of the vehicle, fleet or driver, the category, or the month; null: of no fleet, of nobody. */
  key: string | null;
  /** @example Van 7 */
  label: string | null;
}

/** The days of a report, the last not included. */
export class FleetReportView {
  @ApiProperty({ type: String, format: 'date', example: '2026-01-01' })
  from: string;
  @ApiProperty({ type: String, format: 'date', example: '2027-01-01' })
  to: string;
  @ApiProperty({ type: String, example: 'Europe/Vienna' })
  timeZone: string;
}

export class CostSummaryView extends FleetReportView {
  @ApiProperty({ enum: COST_GROUPS, example: 'vehicle' })
  groupBy: CostGroup;
  data: CostRowView[];
  total: CostFiguresView;
  /**
   * Rows that are left out; the total has them.
   * @example 0
   */
  omitted: number;
}

export class IdlePriceView {
  money: FleetMoney;
  @ApiProperty({ enum: ['filled_in', 'organization'], example: 'filled_in' })
  source: 'filled_in' | 'organization';
}

export class IdleRowView {
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  /** @example 5400 */
  idleSeconds: number;
  /** Of the time that the engine ran, on trips and idling, 0 to 1. */
  idleShare: number;
  /**
   * Units of fuel an hour.
   * @example 1.2
   */
  rate: number;
  @ApiProperty({ enum: ['vehicle', 'organization', 'class'], example: 'class' })
  rateSource: 'vehicle' | 'organization' | 'class';
  @ApiProperty({ type: String, enum: ['l', 'kg', 'kWh'], nullable: true })
  unit: 'l' | 'kg' | 'kWh' | null;
  /** @example 1.8 */
  quantity: number;
  /** Of one unit; null where nobody knows. */
  @ApiProperty({ type: IdlePriceView, nullable: true })
  price: IdlePriceView | null;
  @ApiProperty({ type: FleetMoney, nullable: true })
  fuelCost: FleetMoney | null;
  @ApiProperty({ type: FleetMoney, nullable: true })
  hourCost: FleetMoney | null;
}

export class IdleCostsView extends FleetReportView {
  /** The longest first; at most 500. */
  data: IdleRowView[];
  /** Vehicles that are not told one by one; the sums have them. */
  omitted: number;
  /** One sum a currency. */
  total: FleetMoney[];
  /** @example 5400 */
  idleSeconds: number;
  /** Vehicles that idled, whose fuel has no price. */
  unpriced: number;
}

export class EmissionFiguresView {
  /** Kilograms of CO2 equivalents out of the exhaust. */
  tankToWheel: number;
  /** With what making and bringing the fuel took. */
  wellToWheel: number;
  /** @example 812000 */
  metres: number;
  /** Grams for a kilometre, well-to-wheel; null where nothing was driven. */
  gramsPerKm: number | null;
  /** What it follows from: fuel that was filled in, distance and the vehicle's norm, or distance and its class. */
  @ApiProperty({ enum: EMISSION_METHODS, isArray: true, example: ['fuel'] })
  methods: EmissionMethod[];
}

export class EmissionRowView extends EmissionFiguresView {
  key: string | null;
  label: string | null;
}

export class EmissionsView extends FleetReportView {
  @ApiProperty({ enum: EMISSION_GROUPS, example: 'vehicle' })
  groupBy: EmissionGroup;
  data: EmissionRowView[];
  total: EmissionFiguresView;
  /** Kilograms for a litre, kilogram or kilowatt hour, with their source. */
  factors: EffectiveCo2FactorsView;
  omitted: number;
}

export class UseView {
  /** @example 3 */
  vehicles: number;
  /**
   * Days on which the vehicles were there.
   * @example 90
   */
  days: number;
  /**
   * Those with a trip.
   * @example 61
   */
  daysUsed: number;
  /** @example 0.68 */
  dayShare: number;
  /** Seconds that the vehicles were there. */
  seconds: number;
  drivingSeconds: number;
  standingSeconds: number;
  /** drivingSeconds ÷ seconds. */
  timeShare: number;
  trips: number;
  metres: number;
  engineSeconds: number;
  idleSeconds: number;
}

export class UseRowView extends UseView {
  key: string | null;
  label: string | null;
  underused: boolean;
}

export class UtilisationView extends FleetReportView {
  @ApiProperty({ enum: USE_GROUPS, example: 'vehicle' })
  groupBy: UseGroup;
  data: UseRowView[];
  total: UseView;
  omitted: number;
}

export class CategoryCostsView {
  @ApiProperty({ enum: COST_CATEGORIES, example: 'depreciation' })
  category: CostCategory;
  costs: FleetMoney[];
}

/** What a vehicle costs altogether. */
export class TotalCostView extends FleetReportView {
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  costs: CurrencyCostsView[];
  byCategory: CategoryCostsView[];
  metres: number;
  engineSeconds: number;
  days: number;
  @ApiProperty({ type: PurchaseView, nullable: true })
  purchase: PurchaseView | null;
  /** Price less what is worn off by the end of the period. */
  @ApiProperty({ type: FleetMoney, nullable: true })
  bookValue: FleetMoney | null;
}

export class DashboardParams {
  @AnyOfIds()
  fleetId?: string[];
}

export class DashboardVehiclesView {
  inService: number;
  outOfService: number;
  retired: number;
  trailers: number;
  /** With a trip that a position of the last 15 minutes belongs to. */
  onTrip: number;
}

export class DashboardAlertsView {
  maintenanceDue: number;
  maintenanceUpcoming: number;
  workOrdersOpen: number;
  papersExpiring: number;
  papersExpired: number;
  defectsOpen: number;
  criticalDefectsOpen: number;
  /** Harsh driving, and trips with speeding, of the last 24 hours. */
  drivingEvents: number;
}

/** Routes that begin today. */
export class DashboardDispatchView {
  routes: number;
  routesUnderWay: number;
  stops: number;
  stopsDone: number;
  stopsFailed: number;
  /** Reached, or expected, more than a quarter of an hour after the plan. */
  stopsLate: number;
}

export class DashboardCostsView {
  /** @example 2026-03 */
  month: string;
  /** From the first of the month to today. */
  thisMonth: CurrencyCostsView[];
  lastMonth: CurrencyCostsView[];
  /** As many days of the month before. */
  lastMonthSoFar: CurrencyCostsView[];
}

/** A fleet at a glance. */
export class FleetDashboardView {
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  /** @example Europe/Vienna */
  timeZone: string;
  vehicles: DashboardVehiclesView;
  alerts: DashboardAlertsView;
  dispatch: DashboardDispatchView;
  costs: DashboardCostsView;
  utilisation: UseView;
  emissions: EmissionFiguresView;
  /** 0 to 100 of the month's trips; null below 50 km. */
  safetyScore: number | null;
}
