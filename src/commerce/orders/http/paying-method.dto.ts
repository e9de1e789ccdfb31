import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, IsUUID, Length, Matches, ValidateNested } from 'class-validator';
import type { PayingMethod } from '../../../money/payments/contracts/open-intent';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class AlternativeTokenBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  gatewayId: string;

  /** @example "pm_1ExampleOfAnother" */
  @IsString()
  @Length(1, 500)
  token: string;
}

export class PaymentMethodBody {
  /**
   * Kind of method; names its gateway.
   * @example "sandbox"
   */
  @IsString()
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'type must be a payment method such as sandbox' })
  type: string;

  /**
   * What the gateway knows the method by, never a card number. The sandbox takes `success`, `declined`,
   * `requires_action` and `timeout_after_success`.
   * @example "success"
   */
  @IsString()
  @Length(1, 500)
  token: string;

  /** The account that the token is of, as `GET /payment-gateways/route` named it; absent where the shop has one for the method. */
  @MayBeAbsent()
  @IsUUID()
  gatewayId?: string;

  /** Tokens of the accounts that take over should that one not be reached. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(5)
  @ValidateNested({ each: true })
  @Type(() => AlternativeTokenBody)
  alternatives?: AlternativeTokenBody[];
}

/** The method as commands take it. */
export const payingMethodOf = ({ type, token, gatewayId, alternatives }: PaymentMethodBody): PayingMethod => ({
  type,
  token,
  ...(gatewayId ? { gatewayId } : {}),
  ...(alternatives?.length
    ? { alternatives: alternatives.map((other) => ({ gatewayId: other.gatewayId, token: other.token })) }
    : {}),
});
