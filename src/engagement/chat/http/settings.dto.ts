import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsString, IsUUID, Length, Max, Min, ValidateIf } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import { EXPORT_FORMATS, type ExportFormat } from '../queries/export-room';
import { SEARCH_MODES, type SearchMode } from '../domain/search-words';

/** How the organization's chat works. */
export class ChatSettingsBody {
  /** `blind`: whole words by keyed digests; `plain`: also beginnings of words, which then lie readable in the database; `off`. */
  @ApiProperty({ enum: SEARCH_MODES, example: 'blind' })
  @IsIn(SEARCH_MODES)
  search: SearchMode;

  /** Customers may open rooms with each other, not only with those who work there. @example false */
  @IsBoolean()
  customersMayMeet: boolean;

  /** Days for which messages are kept where their room says nothing else; null for ever. */
  @ApiProperty({ type: 'integer', nullable: true, minimum: 1, maximum: 36500, example: null })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsInt()
  @Min(1)
  @Max(36_500)
  retentionDays: number | null;
}

export class ChatSettingsView {
  @ApiProperty({ enum: SEARCH_MODES, example: 'blind' })
  search: SearchMode;
  /** @example false */
  customersMayMeet: boolean;
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  retentionDays: number | null;
}

export class SearchMessagesParams extends ListQuery {
  /** Words that a message must have, up to eight. */
  @ApiProperty({ example: 'blue' })
  @IsString()
  @Length(1, 200)
  q: string;

  /** In this room alone. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  roomId?: string;
}

export class ExportRoomParams {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsIn(EXPORT_FORMATS)
  format?: ExportFormat;
}
