import { IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { CustomerGroupView } from '../queries/customer-groups';

/** What a new and a changed group have in common. */
export abstract class CustomerGroupFields {
  /** @example "Resellers with a contract" */
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  description?: string | null;
}

export class CreateCustomerGroupBody extends CustomerGroupFields {
  /** @example "Resellers" */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;
}

export class ChangeCustomerGroupBody extends CustomerGroupFields {
  /** @example "Resellers" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;
}

export class CustomerGroupDetailsView implements CustomerGroupView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Resellers" */
  name: string;
  /** @example "Resellers with a contract" */
  description: string | null;
  /**
   * Customers in it.
   * @example 12
   */
  customers: number;
  createdAt: Date;
  updatedAt: Date;
}
