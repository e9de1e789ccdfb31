import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class CreateFleetBody {
  /**
   * Unique in the organization, whatever its case and accents.
   * @example City vans
   */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Deliveries within the ring road' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  description?: string | null;
}

export class ChangeFleetBody {
  /** @example City vans */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  description?: string | null;
}

/** Vehicles that are looked after together. */
export class FleetView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example City vans */
  name: string;
  /** @example Deliveries within the ring road */
  description: string | null;
  /**
   * Vehicles and trailers that are not retired.
   * @example 12
   */
  vehicles: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
