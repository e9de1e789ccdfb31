import { Transform } from 'class-transformer';
import { IsString, IsUUID, Length } from 'class-validator';
import { IsTime, AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import {
  RECONCILIATION_STATES,
  ROW_STATUSES,
  type ReconciliationState,
  type RowKind,
  type RowStatus,
} from '../domain/reconciliation';
import { PaymentMoneyView } from './payments.dto';

const Trim = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** A period that is over, of at most 92 days. */
export class ReconcileBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  gatewayId: string;

  /** @example "2026-02-01T00:00:00Z" */
  @IsTime()
  from: string;

  /**
   * The first moment that is not part of it.
   * @example "2026-03-01T00:00:00Z"
   */
  @IsTime()
  to: string;
}

/** Why a difference is none, or what was done about it. */
export class ResolveReconciliationRowBody {
  /** @example "Charged by the till; it has no order here." */
  @Trim()
  @IsString()
  @Length(1, 1_000)
  note: string;
}

/** Filters of the list of payouts. */
export class ListPayoutsParams extends ListQuery {
  @AnyOfIds()
  gatewayId?: string[];

  @TimeRangeFilter()
  at?: TimeRange;
}

/** Filters of the list of reconciliations. */
export class ListReconciliationsParams extends ListQuery {
  @AnyOfIds()
  gatewayId?: string[];

  @AnyOf(RECONCILIATION_STATES)
  status?: ReconciliationState[];

  @TimeRangeFilter()
  from?: TimeRange;
}

/** Filters of the rows of a reconciliation. */
export class ListReconciliationRowsParams extends ListQuery {
  @AnyOf(ROW_STATUSES)
  status?: RowStatus[];

  @AnyOf(['charge', 'refund', 'dispute'])
  kind?: RowKind[];
}

/** A transfer of a provider to the bank. */
export class PayoutView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  gatewayId: string;
  /** @example "stripe" */
  provider: string;
  /** @example "po_1Example" */
  providerPayoutId: string | null;
  /** Negative where a transfer failed and came back. */
  amount: PaymentMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}

/** A line of a payout, as the provider tells it; minus for what went out. */
export class PayoutLineView {
  /** @example "txn_1Example" */
  id: string;
  /** @example "charge" */
  type: 'charge' | 'refund' | 'dispute' | 'fee' | 'payout' | 'other';
  /** @example "pi_1Example" */
  providerPaymentId: string | null;
  amount: PaymentMoneyView;
  fee: PaymentMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}

/** A payout with what it is made of. */
export class PayoutDetailsView extends PayoutView {
  /** @example "paid" */
  status: 'pending' | 'paid' | 'failed' | 'canceled' | null;
  arrivesAt: string | null;
  /** Null where the provider does not tell them. */
  lines: PayoutLineView[] | null;
}

/** What a provider reports of a period, compared with what is known here. */
export class ReconciliationView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  gatewayId: string;
  /** @example "stripe" */
  provider: string;
  /** @example "2026-02-01T00:00:00.000Z" */
  from: string;
  /** @example "2026-03-01T00:00:00.000Z" */
  to: string;
  /** @example "done" */
  status: ReconciliationState;
  /**
   * How often it was compared.
   * @example 1
   */
  runs: number;
  /** Why the last run failed. */
  error: string | null;
  /** @example 120 */
  matched: number;
  /**
   * The provider reports what nobody here knows.
   * @example 0
   */
  missingHere: number;
  /**
   * The provider does not report what is known here.
   * @example 1
   */
  missingThere: number;
  /** @example 0 */
  amountDiffers: number;
  /**
   * Differences that nobody has resolved.
   * @example 1
   */
  open: number;
  /** @example "2026-03-01T04:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T04:00:09.000Z" */
  finishedAt: string | null;
}

/** One thing as both sides know it. */
export class ReconciliationRowView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "amount_differs" */
  status: RowStatus;
  /** @example "charge" */
  kind: RowKind;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  paymentId: string | null;
  /** @example "txn_1Example" */
  providerEntryId: string | null;
  /** @example "ch_3Example" */
  providerObjectId: string | null;
  /** What is known here; negative for money that went out. */
  expected: PaymentMoneyView | null;
  /** What the provider says. */
  reported: PaymentMoneyView | null;
  /** @example "2026-02-11T12:00:00.000Z" */
  at: string;
  note: string | null;
  resolvedAt: string | null;
}
