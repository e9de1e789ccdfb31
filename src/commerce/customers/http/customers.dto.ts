import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmail,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import type { CustomerView } from '../queries/customer-view';

const NAME = /\S/;

export class AddressBody {
  /** @example "Ann Devon" */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string | null;

  /** @example "35 King George" */
  @IsString()
  @Length(1, 200)
  line1: string;

  /** @example "Unit 4" */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  line2?: string | null;

  /** @example "London" */
  @IsString()
  @Length(1, 120)
  city: string;

  /** @example "Greater London" */
  @IsOptional()
  @IsString()
  @MaxLength(120)
  region?: string | null;

  /** @example "WX3 6FW" */
  @IsOptional()
  @IsString()
  @MaxLength(20)
  postalCode?: string | null;

  /**
   * ISO 3166-1 alpha-2.
   * @example "GB"
   */
  @IsOptional()
  @IsISO31661Alpha2()
  country?: string | null;

  /** @example "+44 171 5550297" */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  phone?: string | null;
}

/** What a new and a changed customer have in common. */
export abstract class CustomerFields {
  /**
   * Unique in the shop, whatever the case.
   * @example "ann@example.com"
   */
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  /** @example "Eastern Connection" */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  company?: string | null;

  /** @example "Sales Agent" */
  @IsOptional()
  @IsString()
  @MaxLength(120)
  title?: string | null;

  /** @example "+44 171 5550297" */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  phone?: string | null;

  /**
   * Identifier in another system; unique in the shop.
   * @example "EASTC"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  externalRef?: string | null;

  /** All of them, the usual one first. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => AddressBody)
  addresses?: AddressBody[];
}

export class CreateCustomerBody extends CustomerFields {
  /** @example "Ann Devon" */
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name: string;
}

export class ChangeCustomerBody extends CustomerFields {
  /** @example "Ann Devon" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(NAME, { message: 'name must not be blank' })
  name?: string;
}

export class ListCustomersParams extends ListQuery {
  /**
   * Part of a name, company, e-mail address, phone number or reference.
   * @example "ann"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  q?: string;

  /** @example "ann@example.com" */
  @MayBeAbsent()
  @IsEmail()
  @MaxLength(254)
  email?: string;

  /** @example "EASTC" */
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  externalRef?: string;

  /** Customers in this group. */
  @MayBeAbsent()
  @IsUUID()
  groupId?: string;
}

export class CustomerAddressView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Ann Devon" */
  name: string | null;
  /** @example "35 King George" */
  line1: string;
  /** @example null */
  line2: string | null;
  /** @example "London" */
  city: string;
  /** @example null */
  region: string | null;
  /** @example "WX3 6FW" */
  postalCode: string | null;
  /** @example "GB" */
  country: string | null;
  /** @example null */
  phone: string | null;
}

export class CustomerGroupNameView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Resellers" */
  name: string;
}

export class CustomerDetailsView implements CustomerView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "ann@example.com" */
  email: string | null;
  /** @example "Ann Devon" */
  name: string;
  /** @example "Eastern Connection" */
  company: string | null;
  /** @example "Sales Agent" */
  title: string | null;
  /** @example "+44 171 5550297" */
  phone: string | null;
  /**
   * The user who signs in as this customer.
   * @example null
   */
  userId: string | null;
  /** @example "EASTC" */
  externalRef: string | null;
  /** The usual one first. */
  addresses: CustomerAddressView[];
  /** Groups that it is in, by name. */
  groups: CustomerGroupNameView[];
  /**
   * Counts changes; the ETag names it.
   * @example 1
   */
  version: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  updatedAt: string;
}
