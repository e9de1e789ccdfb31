import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { ENTRY_KINDS, LISTS, type EntryKind, type ListName } from '../domain/list-entry';

export class EntryTermsBody {
  @ApiProperty({ enum: LISTS, example: 'block' })
  @IsIn(LISTS)
  list: ListName;

  @ApiProperty({ enum: ENTRY_KINDS, example: 'ip' })
  @IsIn(ENTRY_KINDS)
  kind: EntryKind;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Card testing in March' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string | null;

  /** From then on it counts no more; null: it counts until it is removed. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '2036-01-01T00:00:00Z' })
  @IsOptional()
  @IsTime()
  expiresAt?: string | null;
}

/** A value on a list. `proxy` takes addresses and networks, `disposable` domains; both only feed signals. */
export class AddFraudListEntryBody extends EntryTermsBody {
  /**
   * Domains count for those below them, networks (CIDR) for their addresses.
   * @example 192.0.2.0/24
   */
  @IsString()
  @Length(1, 320)
  value: string;
}

/** Many values on one list. */
export class AddFraudListEntriesBody extends EntryTermsBody {
  /** @example ["192.0.2.0/24", "198.51.100.7"] */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(5_000)
  @IsString({ each: true })
  @Length(1, 320, { each: true })
  values: string[];
}

export class AddedFraudListEntriesView {
  /** @example 2 */
  added: number;
  /** Values that had an entry already.
   * @example 0 */
  known: number;
  /** Values that are none of their kind. */
  refused: string[];
}

export class ListFraudListEntriesParams extends ListQuery {
  @AnyOf(LISTS)
  list?: ListName[];

  @AnyOf(ENTRY_KINDS)
  kind?: EntryKind[];

  /** An address, domain, network or other value, as it stands on the list. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(320)
  value?: string;
}

export class FraudListEntryView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: LISTS, example: 'block' })
  list: ListName;
  @ApiProperty({ enum: ENTRY_KINDS, example: 'ip' })
  kind: EntryKind;
  /** @example 192.0.2.0/24 */
  value: string;
  note: string | null;
  expiresAt: string | null;
  createdBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
