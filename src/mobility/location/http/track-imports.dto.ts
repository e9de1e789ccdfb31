import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import { IMPORT_FAULTS, type TrackImport, type TrackImportCode, type TrackImportFault } from '../commands/import-track';
import { REJECTIONS } from '../domain/fix';

export class TrackImportParams {
  /** Whose track it is. */
  @ApiProperty({ type: String, format: 'uuid', example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  @IsUUID()
  trackerId: string;
}

export class TrackImportFaultView implements TrackImportFault {
  /** Its place among the points of the file, from 0. @example 3 */
  index: number;
  /** Line of the file, from 1. @example 17 */
  line: number;
  @ApiProperty({ enum: [...IMPORT_FAULTS, ...REJECTIONS], example: 'time-missing' })
  code: TrackImportCode;
}

export class TrackImportView implements TrackImport {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** Of all tracks of the file. @example 2 */
  points: number;
  /** @example 2 */
  accepted: number;
  /** Were there already. @example 0 */
  duplicates: number;
  /** @example 0 */
  refused: number;
  /** The first thousand of those that are refused. */
  @ApiProperty({ type: [TrackImportFaultView], example: [] })
  faults: TrackImportFaultView[];
}
