import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsPositive,
  IsString,
  IsUUID,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { REFUND_STATES, type RefundState } from '../domain/refund';
import { PaymentErrorView, PaymentMoneyView } from './payments.dto';

const Trim = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** Pieces of a line that money goes back for. */
export class RefundLineBody {
  /**
   * Id of a line of the order that was paid for.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces.
   * @example 1
   */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity: number;

  /**
   * The goods go back on the shelf once the money is back: what has not left is given up first, then what left comes
   * back into the lots it left. Default: stock stays as it is.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  restock?: boolean;
}

/** Money that is to go back: an `amount`, or what `lines` and freight were sold for; with both it must be their sum. */
export class CreateRefundBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  paymentId: string;

  /**
   * Minor units of the payment's currency.
   * @example 1000
   */
  @MayBeAbsent()
  @IsInt()
  @IsPositive()
  @Max(Number.MAX_SAFE_INTEGER)
  amount?: number;

  /**
   * One that begins with fraud (`Fraudulent order`) tells the prevention of fraud what the payment was.
   * @example "Scratched on arrival"
   */
  @MayBeAbsent()
  @Trim()
  @IsString()
  @Length(1, 500)
  reason?: string;

  @ApiPropertyOptional({ type: [RefundLineBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => RefundLineBody)
  lines?: RefundLineBody[];

  /** What is left of the freight goes back too. */
  @MayBeAbsent()
  @IsBoolean()
  shipping?: boolean;
}

/** Filters of the list of refunds. */
export class ListRefundsParams extends ListQuery {
  @AnyOf(REFUND_STATES)
  status?: RefundState[];

  @AnyOfIds()
  paymentId?: string[];

  /** Ids of what was paid for (orders). */
  @AnyOfIds()
  payableId?: string[];

  @AnyOfIds()
  gatewayId?: string[];

  @TimeRangeFilter()
  createdAt?: TimeRange;
}

/** What was paid for. */
export class RefundPayableView {
  /** @example "order" */
  type: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
}

/** Freight that goes back. */
export class RefundShippingView {
  amount: PaymentMoneyView;
  /** The tax in it. */
  tax: PaymentMoneyView;
}

/** Pieces of a line that money goes back for. */
export class RefundLineView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  lineId: string;
  /** @example 1 */
  quantity: number;
  /** With its tax. */
  amount: PaymentMoneyView;
  tax: PaymentMoneyView;
  /**
   * Pieces that go back on the shelf, or stay there, once the money is back.
   * @example 1
   */
  restocked: number;
}

/** Money that goes back. */
export class RefundView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  paymentId: string;
  payable: RefundPayableView;
  /**
   * `requested` waits for the gateway, `pending` is on its way there, `requires_action` waits for the shopper.
   * @example "succeeded"
   */
  status: RefundState;
  amount: PaymentMoneyView;
  /** Tax in it, where it was asked for by line. */
  tax: PaymentMoneyView | null;
  shipping: RefundShippingView | null;
  lines: RefundLineView[];
  /**
   * `staff`, `fraud` (staff said so), `return`, `lines_cancelled`, `provider` (made at the provider's own console), or why the order ended.
   * @example "staff"
   */
  cause: string;
  /**
   * What was said about it.
   * @example "Scratched on arrival"
   */
  reason: string | null;
  /**
   * The account at the provider.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e"
   */
  gatewayId: string;
  /** @example "stripe" */
  provider: string;
  /** @example "re_3Example" */
  providerRefundId: string | null;
  /** Why it failed. */
  error: PaymentErrorView | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:05.000Z" */
  settledAt: string | null;
}
