import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { IsTime, ToInt } from '../../../kernel/http/pagination';
import { IsCurrencyCode, Upper } from './fields';
import { GROUPS, type GroupBy } from '../queries/order-analytics';
import { OrderMoneyView } from './money.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class UntilParams {
  /** First moment that counts no more. */
  @ApiPropertyOptional({ example: '2030-01-01' })
  @MayBeAbsent()
  @IsTime()
  to?: string;
}

export class SalesByDayParams extends UntilParams {
  /** First moment that counts; a date is its midnight UTC. */
  @ApiProperty({ example: '2026-01-01' })
  @IsTime()
  from: string;

  /** Needed where orders are in several currencies, which are never added up. */
  @ApiPropertyOptional({ example: 'EUR' })
  @Upper()
  @MayBeAbsent()
  @IsCurrencyCode()
  currency?: string;

  @ApiPropertyOptional({ enum: ['web', 'import'] })
  @MayBeAbsent()
  @IsIn(['web', 'import'])
  channel?: 'web' | 'import';
}

export class CohortsParams extends UntilParams {
  /** First month of first orders. */
  @ApiProperty({ example: '2026-01-01' })
  @IsTime()
  from: string;
}

export class FunnelParams extends UntilParams {
  /** First moment in which carts were begun; default 30 days ago. */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @IsTime()
  from?: string;
}

export class DaySumsView {
  /** @example 12 */
  orders: number;
  /** Price × quantity. */
  gross: OrderMoneyView;
  discount: OrderMoneyView;
  shipping: OrderMoneyView;
  tax: OrderMoneyView;
  total: OrderMoneyView;
  /** What went back of the total, or was never taken. */
  reduced: OrderMoneyView;
  /** What an order comes to on average; null without any. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  averageOrder: OrderMoneyView | null;
}

export class DaySalesView extends DaySumsView {
  /**
   * UTC.
   * @example "2026-03-01"
   */
  day: string;
  @ApiProperty({ enum: ['web', 'import'], example: 'web' })
  channel: 'web' | 'import';
}

export class SalesByDayView {
  @ApiProperty({ type: [DaySalesView] })
  data: DaySalesView[];
  total: DaySumsView;
}

export class CohortPeriodView {
  /**
   * 0 is the month of the first order.
   * @example 1
   */
  monthsLater: number;
  /** Customers of the cohort who ordered in that month. */
  customers: number;
  orders: number;
  /** What their orders came to, less what went back; one amount a currency. */
  @ApiProperty({ type: [OrderMoneyView] })
  revenue: OrderMoneyView[];
}

export class CohortView {
  /** @example "2026-03" */
  month: string;
  /** Customers whose first order was in this month. */
  customers: number;
  @ApiProperty({ type: [CohortPeriodView] })
  periods: CohortPeriodView[];
}

export class CohortsView {
  @ApiProperty({ type: [CohortView] })
  data: CohortView[];
}

export class FunnelView {
  /** First moment that was counted. */
  from: string;
  /** First moment that was not. */
  to: string;
  /** Carts begun; those brought into another at the login count once. */
  carts: number;
  /** With at least one line. */
  filled: number;
  /** Ordered. */
  checkedOut: number;
  /** Whose order was paid. */
  paid: number;
  /** Of the filled carts, in basis points: 2500 is 25 %. */
  @ApiProperty({ type: 'integer', nullable: true, example: 2500 })
  checkoutRate: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 2000 })
  paidRate: number | null;
}

export class OrderAnalyticsParams {
  /** First moment that counts; a date is its midnight UTC. */
  @ApiPropertyOptional({ example: '1997-01-01' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** First moment that counts no more. */
  @ApiPropertyOptional({ example: '1998-01-01' })
  @MayBeAbsent()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ enum: GROUPS, default: 'month' })
  @MayBeAbsent()
  @IsIn(GROUPS, { message: `groupBy must be one of ${GROUPS.join(', ')}` })
  groupBy: GroupBy = 'month';

  /** Needed where orders are in several currencies, which are never added up. */
  @ApiPropertyOptional({ example: 'USD' })
  @Upper()
  @MayBeAbsent()
  @IsCurrencyCode()
  currency?: string;

  /** Most rows. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 1000 })
  @ToInt()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 1000;
}

export class SalesTotalView {
  /** @example 830 */
  orders: number;
  /**
   * Pieces.
   * @example 51317
   */
  quantity: number;
  /** Price × quantity. */
  gross: OrderMoneyView;
  /** After line discounts, each line rounded half-up to the minor unit. */
  net: OrderMoneyView;
  /** Freight of the orders; null where the group is part of orders (product, category). */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  shipping: OrderMoneyView | null;
  /** Net an order; null where the group is part of orders, or empty. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  averageOrder: OrderMoneyView | null;
}

export class SalesGroupView extends SalesTotalView {
  /** @example "1997-01" */
  key: string;
  /** @example "January 1997" */
  label: string;
}

export class SalesReportView {
  @ApiProperty({ type: [SalesGroupView] })
  data: SalesGroupView[];
  total: SalesTotalView;
}
