import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import { PAYMENT_GROUPS, type PaymentGroup } from '../queries/payment-analytics';
import { PaymentMoneyView } from './payments.dto';

export class PaymentAnalyticsParams {
  /** First moment that counts; a date is its midnight UTC. Default: thirty days before `to`. */
  @ApiPropertyOptional({ example: '2026-02-01' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** First moment that counts no more. Default: now. */
  @ApiPropertyOptional({ example: '2026-03-01' })
  @MayBeAbsent()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ enum: PAYMENT_GROUPS, default: 'gateway' })
  @MayBeAbsent()
  @IsIn(PAYMENT_GROUPS, { message: `groupBy must be one of ${PAYMENT_GROUPS.join(', ')}` })
  groupBy: PaymentGroup = 'gateway';

  /** ISO 4217; default: every currency, each by itself. */
  @ApiPropertyOptional({ example: 'EUR' })
  @MayBeAbsent()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;
}

/** Figures over tries to pay in one currency. Rates are shares between 0 and 1, null where there is nothing to share. */
export class PaymentFiguresView {
  /** @example "EUR" */
  currency: string;
  /**
   * Tries that were begun.
   * @example 120
   */
  attempts: number;
  /**
   * Of these, charged or reserved.
   * @example 108
   */
  succeeded: number;
  /** @example 9 */
  failed: number;
  /**
   * Succeeded of those that succeeded or failed.
   * @example 0.9231
   */
  successRate: number | null;
  captured: PaymentMoneyView;
  refunded: PaymentMoneyView;
  /**
   * Refunded of captured, by amount.
   * @example 0.0312
   */
  refundRate: number | null;
  /**
   * Charges that are or were disputed, inquiries left out.
   * @example 1
   */
  disputes: number;
  /**
   * Disputed of all charges, by number.
   * @example 0.0093
   */
  disputeRate: number | null;
  /** What providers kept of charges and took for disputes, as far as they told it in this currency. */
  fees: PaymentMoneyView;
}

export class PaymentFiguresRowView extends PaymentFiguresView {
  /**
   * What the row is about, by `groupBy`: an account's id, a provider, a method, a decline code (`none`: not declined), a month.
   * @example "card"
   */
  key: string;
}

export class PaymentReportView {
  /** @example "2026-02-01T00:00:00.000Z" */
  from: string;
  /** @example "2026-03-01T00:00:00.000Z" */
  to: string;
  data: PaymentFiguresRowView[];
  /** One for each currency. */
  total: PaymentFiguresView[];
}
