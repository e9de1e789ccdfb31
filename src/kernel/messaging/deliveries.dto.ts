import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { PageInfo } from '../http/pagination';
import { MayBeAbsent } from '../http/may-be-absent';

const STATES = ['pending', 'handed', 'dead'] as const;

/** Which deliveries to list. */
export class ListDeliveriesParams {
  /**
   * Rows of a page.
   * @example 20
   */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  @MayBeAbsent()
  limit?: number;

  /** `page.nextCursor` of the page before. */
  @IsString()
  @Matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'cursor must be the nextCursor of a page' })
  @MayBeAbsent()
  cursor?: string;

  /**
   * `pending` waits for its time, `handed` is with its queue, `dead` has failed for good.
   * @example "dead"
   */
  @IsIn(STATES)
  @MayBeAbsent()
  state?: (typeof STATES)[number];

  /**
   * Name of the reaction, timer or job.
   * @example "notifications.send-mail"
   */
  @IsString()
  @MaxLength(120)
  @MayBeAbsent()
  name?: string;
}

/** One delivery: a reaction, timer or job that waits, is with its queue, or is dead. */
export class DeliveryDetailsView {
  id: string;
  tenantId: string;
  /** The event it reacts to; its own id for timers and jobs. */
  eventId: string;
  @ApiProperty({ enum: ['reaction', 'timer', 'job'] })
  kind: string;
  /** @example "notifications.send-mail" */
  name: string;
  @ApiProperty({ enum: STATES })
  state: string;
  /** @example 3 */
  attempts: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  dueAt: string;
  /** What the last try failed with. */
  @ApiProperty({ type: String, nullable: true })
  lastError: string | null;
}

export class DeliveryPage {
  @ApiProperty({ type: [DeliveryDetailsView] })
  data: DeliveryDetailsView[];
  page: PageInfo;
}
