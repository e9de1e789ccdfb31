import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { DOCUMENT_TYPES, type DocumentType } from '../domain/document';
import { IsDay } from './fleet-fields';

export abstract class FleetDocumentFields {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'AB-123456' })
  @IsOptional()
  @IsString()
  @Length(1, 60)
  number?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2024-05-01' })
  @IsOptional()
  @IsDay()
  issuedOn?: string | null;

  /** The last day on which it holds; without it never expires. */
  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, example: '2039-04-30' })
  @IsOptional()
  @IsDay()
  expiresOn?: string | null;

  /**
   * Days before that day at which it is told; default 30.
   * @example 30
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(365)
  warnDays?: number;

  /** A file of the organization, such as a scan. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  fileId?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string | null;
}

export class CreateFleetDocumentBody extends FleetDocumentFields {
  @ApiProperty({ enum: DOCUMENT_TYPES, example: 'insurance' })
  @IsIn(DOCUMENT_TYPES)
  type: DocumentType;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d',
  })
  @IsOptional()
  @IsUUID()
  vehicleId?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  driverId?: string | null;
}

export class ChangeFleetDocumentBody extends FleetDocumentFields {
  @ApiPropertyOptional({ enum: DOCUMENT_TYPES })
  @MayBeAbsent()
  @IsIn(DOCUMENT_TYPES)
  type?: DocumentType;
}

export class ListFleetDocumentsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOf(DOCUMENT_TYPES)
  type?: DocumentType[];

  @AnyOf(['valid', 'expiring', 'expired'])
  state?: ('valid' | 'expiring' | 'expired')[];
}

/** A licence, an insurance or another paper. */
export class FleetDocumentView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string | null;
  driverId: string | null;
  @ApiProperty({ enum: DOCUMENT_TYPES, example: 'insurance' })
  type: DocumentType;
  /** @example AB-123456 */
  number: string | null;
  /** @example 2024-05-01 */
  issuedOn: string | null;
  /** @example 2039-04-30 */
  expiresOn: string | null;
  /** @example 30 */
  warnDays: number;
  @ApiProperty({ enum: ['valid', 'expiring', 'expired'], example: 'valid' })
  state: 'valid' | 'expiring' | 'expired';
  fileId: string | null;
  note: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
