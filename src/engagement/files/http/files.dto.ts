import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, AnyOfNames, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { FILE_STATES, RENDITION_NAMES, RENDITION_TYPES } from '../domain/stored-file';
import type { FileState, RenditionName, RenditionType } from '../domain/stored-file';

const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

export class UploadFileParams {
  /** Keep it although nothing uses it; asks for `files:write`. Otherwise it goes some days after its upload, or after its last use. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  keep?: boolean;
}

export class ListFilesParams extends ListQuery {
  @AnyOf(FILE_STATES)
  state?: FileState[];

  @AnyOfNames(/^[a-z]+\/[\w.+-]{1,100}$/, 'image/jpeg')
  mediaType?: string[];

  @AnyOfIds()
  uploadedBy?: string[];

  @TimeRangeFilter()
  createdAt?: TimeRange;

  /** SHA-256 of the bytes as they were uploaded, in hexadecimal. */
  @MayBeAbsent()
  @Matches(/^[0-9a-f]{64}$/)
  sha256?: string;

  /** What uses it, such as `chat-message`. */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z-]{1,39}$/)
  ownerKind?: string;

  /** Id of what uses it. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  ownerId?: string;
}

export class FileContentParams {
  /** A size of a picture; without it the file itself. */
  @ApiPropertyOptional({ enum: RENDITION_NAMES })
  @MayBeAbsent()
  @IsIn(RENDITION_NAMES)
  rendition?: RenditionName;

  /** Form of that size. */
  @ApiPropertyOptional({ enum: ['webp', 'jpeg'], default: 'webp' })
  @MayBeAbsent()
  @IsIn(['webp', 'jpeg'])
  format?: 'webp' | 'jpeg';

  /** Have browsers save it even where they could show it. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  download?: boolean;
}

export class FileLinkBody {
  /** A size of a picture; without it the file itself. */
  @ApiPropertyOptional({ enum: RENDITION_NAMES })
  @MayBeAbsent()
  @IsIn(RENDITION_NAMES)
  rendition?: RenditionName;

  /** Form of that size. */
  @ApiPropertyOptional({ enum: ['webp', 'jpeg'], default: 'webp' })
  @MayBeAbsent()
  @IsIn(['webp', 'jpeg'])
  format?: 'webp' | 'jpeg';

  /**
   * Seconds until the link expires.
   * @example 300
   */
  @ApiPropertyOptional({ type: 'integer', minimum: 10, maximum: 86_400, default: 300, example: 300 })
  @MayBeAbsent()
  @IsInt()
  @Min(10)
  @Max(86_400)
  seconds?: number;
}

export class FileLinkView {
  /**
   * Works without a login until it expires, and no longer than the file is there and clean.
   * @example https://shop.example.org/api/v1/file-links/AZpcXnsafD6PAB0uP0pbbA
   */
  url: string;
  /** @example 2026-03-01T12:05:00.000Z */
  expiresAt: string;
}

/** A picture in one size and form. */
export class RenditionView {
  @ApiProperty({ enum: RENDITION_NAMES, example: 'small' })
  name: RenditionName;
  @ApiProperty({ enum: RENDITION_TYPES, example: 'image/webp' })
  mediaType: RenditionType;
  /** Pixels. @example 320 */
  width: number;
  /** Pixels. @example 240 */
  height: number;
  /** @example 18432 */
  sizeBytes: number;
}

export class FileOwnerView {
  /** @example chat-message */
  kind: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
}

export class FileView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example delivery-note.pdf */
  name: string;
  /**
   * By the bytes, not by what the sender said.
   * @example application/pdf
   */
  mediaType: string;
  /**
   * Of what is handed out. A picture is made anew without the data of its camera, so that this is not the size of its upload.
   * @example 48213
   */
  sizeBytes: number;
  /**
   * SHA-256 of the bytes as they were uploaded, in hexadecimal.
   * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
   */
  sha256: string;
  /** Only `clean` files are handed out; `pending` ones are inspected on their own. */
  @ApiProperty({ enum: FILE_STATES, example: 'clean' })
  state: FileState;
  /** A virus scanner looked at it; a clean file that none looked at is one of an installation without a scanner. */
  scanned: boolean;
  /** Why it is not clean: what was found in it, or a code such as `archive-encrypted`. While it is pending: what it waits for. */
  @ApiProperty({ type: String, nullable: true })
  reason: string | null;
  /** Pixels, of pictures that are clean. */
  @ApiProperty({ type: 'integer', nullable: true })
  width: number | null;
  @ApiProperty({ type: 'integer', nullable: true })
  height: number | null;
  /** Sizes that a picture can be had in. */
  @ApiProperty({ type: [RenditionView], example: [] })
  renditions: RenditionView[];
  @ApiProperty({ type: String, nullable: true })
  uploadedBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  /** When it goes unless something comes to use it; null while something does, and for those that are kept. */
  @ApiProperty({ type: String, nullable: true })
  expiresAt: string | null;
  /** What uses it; at most ten are told. */
  @ApiProperty({ type: [FileOwnerView], example: [] })
  attachedTo: FileOwnerView[];
}

/** An upload that was begun. */
export class BegunUploadView {
  /**
   * Also of the file that it will be.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  id: string;
  /** @example note.txt */
  name: string;
  /**
   * Bytes of the whole file.
   * @example 17
   */
  length: number;
  /**
   * Until then it can be gone on with.
   * @example 2026-03-02T12:00:00.000Z
   */
  expiresAt: string;
}
