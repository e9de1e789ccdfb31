import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent';
import { PageInfo, ToInt } from '../http/pagination';

export class ListConnectionsParams {
  /** Rows of a page. @example 20 */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @ToInt()
  @IsInt({ message: 'limit must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  limit: number = 20;

  /** `page.nextCursor` of the page before. */
  @IsString()
  @Matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'cursor must be the nextCursor of a page' })
  @MayBeAbsent()
  cursor?: string;
}

/** A client that is connected by socket now. */
export class ConnectionView {
  id: string;
  /** Null for one of nobody's organization. */
  tenantId: string | null;
  userId: string | null;
  sessionId: string;
  /** False for a program that uses an API key. */
  person: boolean;
  @ApiProperty({ enum: ['online', 'away'], example: 'online' })
  state: 'online' | 'away';
  /** @example "203.0.113.7" */
  address: string;
  /** What the client says it is. @example "Mozilla/5.0" */
  client: string | null;
  /** The process that holds it. */
  nodeId: string;
  /** Name of the machine of that process. @example "mainstay-2" */
  host: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  connectedAt: string;
}

export class ConnectionPage {
  @ApiProperty({ type: [ConnectionView] })
  data: ConnectionView[];
  page: PageInfo;
}
