import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { IsTime, ListQuery, ToInt } from '../../../kernel/http/pagination';
import { REPORTS, type ReportName } from '../queries/inventory-report';
import { UnitCostView } from './lots.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class InventoryReportParams extends ListQuery {
  @ApiProperty({ enum: REPORTS, description: 'Which report.', example: 'ageing' })
  @IsIn(REPORTS, { message: `report must be one of ${REPORTS.join(', ')}` })
  report: ReportName;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Begin of the period; default 30 days before its end.',
  })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'End of the period, not within it; default now.',
  })
  @MayBeAbsent()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 3650,
    description: 'Days ahead (expiring, default 30) or back (dead, default 90).',
  })
  @MayBeAbsent()
  @ToInt()
  @IsInt({ message: 'days must be a whole number from 0 to 3650' })
  @Min(0)
  @Max(3650)
  days?: number;
}

export class StockAgesView {
  /** Pieces that came in the last 30 days. */
  upTo30: number;
  upTo60: number;
  upTo90: number;
  upTo180: number;
  older: number;
}

/** Which members a row has depends on the report. */
export class InventoryReportRowView {
  /** @example "TEA-100" */
  sku: string;
  /** Pieces on hand now; of one lot in `expiring`, of known cost in `valuation`. */
  @ApiPropertyOptional({ type: 'integer', example: 24 })
  onHand?: number;
  /** turnover, cover: pieces that left in the period, less those that came back. */
  @ApiPropertyOptional({ type: 'integer' })
  shipped?: number;
  /** turnover: on hand over the period, weighted by time. */
  @ApiPropertyOptional({ type: Number })
  averageOnHand?: number;
  /** turnover: shipped / averageOnHand; null where nothing lay there. */
  @ApiPropertyOptional({ type: Number, nullable: true })
  turnover?: number | null;
  /** cover */
  @ApiPropertyOptional({ type: Number })
  shippedPerDay?: number;
  /** cover: how long what is available lasts; null where nothing left. */
  @ApiPropertyOptional({ type: Number, nullable: true })
  daysOfCover?: number | null;
  /** ageing: pieces by the days since they came. */
  @ApiPropertyOptional({ type: StockAgesView })
  ages?: StockAgesView;
  /** ageing: when the oldest of them came. */
  @ApiPropertyOptional({ type: String, nullable: true })
  oldestAt?: string | null;
  /** expiring */
  @ApiPropertyOptional({ type: String, nullable: true })
  lotNumber?: string | null;
  /** expiring */
  @ApiPropertyOptional({ type: String })
  locationId?: string;
  /** expiring */
  @ApiPropertyOptional({ type: String })
  removeAt?: string;
  /** dead: null where nothing ever left. */
  @ApiPropertyOptional({ type: String, nullable: true })
  lastShippedAt?: string | null;
  /** shrinkage: pieces that counts, corrections and scrap took away in the period. */
  @ApiPropertyOptional({ type: 'integer' })
  lost?: number;
  /** shrinkage: pieces that counts and corrections added. */
  @ApiPropertyOptional({ type: 'integer' })
  found?: number;
  /** At what the lots cost, an amount a currency; of shrinkage what was lost less what was found. */
  @ApiPropertyOptional({ type: [UnitCostView] })
  value?: UnitCostView[];
  /** valuation: first in, first out over all lots. */
  @ApiPropertyOptional({ type: UnitCostView })
  fifoValue?: UnitCostView;
  /** valuation: at the moving average. */
  @ApiPropertyOptional({ type: UnitCostView })
  averageValue?: UnitCostView;
}
