import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import { ToBoolean } from './fleet-fields';

export abstract class DriverFields {
  /** A member of the organization, who then sees what is its own here. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  userId?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'dora@example.com' })
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '+43 660 1234567' })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  phone?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @Length(1, 40)
  employeeNumber?: string | null;

  /**
   * What the driver may drive, as the law of the country calls it.
   * @example ["B", "C1"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @Matches(/^[A-Z][A-Z0-9]{0,3}$/, { each: true, message: 'licenceClasses are such as B, C1 or CE' })
  licenceClasses?: string[];
}

export class CreateDriverBody extends DriverFields {
  /** @example Dora Driver */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;
}

export class ChangeDriverBody extends DriverFields {
  /** @example Dora Driver */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  /** Whoever drives no more is with no vehicle from then on. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ListDriversParams extends ListQuery {
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  active?: boolean;

  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  employeeNumber?: string;
}

export class NamedFleetThingView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  /** @example Van 7 */
  name: string;
}

/** Somebody who drives. */
export class DriverView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example Dora Driver */
  name: string;
  userId: string | null;
  /** @example dora@example.com */
  email: string | null;
  /** @example +43 660 1234567 */
  phone: string | null;
  employeeNumber: string | null;
  /** @example ["B", "C1"] */
  licenceClasses: string[];
  /** @example true */
  active: boolean;
  /** What the driver drives now. */
  @ApiProperty({ type: NamedFleetThingView, nullable: true })
  vehicle: NamedFleetThingView | null;
  /**
   * Also the ETag.
   * @example 1
   */
  version: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
