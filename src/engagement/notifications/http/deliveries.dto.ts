import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsUUID, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery } from '../../../kernel/http/pagination';
import {
  CHANNELS,
  MESSAGE_STATES,
  type Channel,
  type MessageState,
  type SuppressionCause,
} from '../contracts/channels';

/** Deliveries that are looked for. */
export class DeliveryParams extends ListQuery {
  @ApiPropertyOptional({ enum: MESSAGE_STATES, isArray: true, description: 'Any of these states, comma separated.' })
  @AnyOf(MESSAGE_STATES)
  state?: MessageState[];

  @ApiPropertyOptional({ enum: CHANNELS, isArray: true, description: 'Any of these channels, comma separated.' })
  @AnyOf(CHANNELS)
  channel?: Channel[];

  @ApiPropertyOptional({ description: 'To any of these people, comma separated.' })
  @AnyOfIds()
  userId?: string[];
}

export class DeliveryAttemptView {
  /** @example 1 */
  number: number;
  /** @example fcm */
  provider: string;
  /**
   * `accepted` is no more than that the provider took it; `unknown`: nothing was heard after it had left.
   * @example accepted
   */
  state: 'started' | 'accepted' | 'refused' | 'later' | 'unknown';
  /**
   * What the provider said.
   * @example null
   */
  code: string | null;
  /** @example null */
  retryAfterSeconds: number | null;
  /** @example 2026-01-05T09:00:00.000Z */
  startedAt: Date;
  /** @example 2026-01-05T09:00:00.120Z */
  endedAt: Date | null;
}

export class DeliveryToldView {
  /** @example delivered */
  type: string;
  /** @example null */
  detail: string | null;
  /** @example 2026-01-05T09:00:02.000Z */
  at: Date;
}

export class MessageDeliveryView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  notificationId: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  userId: string | null;
  /** @example push */
  channel: Channel;
  /** @example orders */
  category: string;
  /** @example notice */
  template: string;
  /**
   * `sent` is no more than that the provider took it; `delivered` and `opened` as provider or device say.
   * @example delivered
   */
  state: MessageState;
  @ApiProperty({ type: String, nullable: true, description: 'Why it was not sent on purpose.' })
  suppressedFor: SuppressionCause | null;
  /**
   * As much of the address as its owner would know it by.
   * @example "a•••@example.org"
   */
  recipient: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The device.' })
  pushTokenId: string | null;
  /** @example fcm */
  provider: string | null;
  /** @example projects/shop/messages/1 */
  providerId: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'What went wrong last.' })
  error: string | null;
  /** @example 2026-01-05T09:00:00.000Z */
  createdAt: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  dueAt: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  sentAt: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deliveredAt: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  openedAt: Date | null;
  /** Tries to hand it to its provider. */
  attempts: DeliveryAttemptView[];
  /** What the provider told afterwards. */
  told: DeliveryToldView[];
}

export class DeliveriesView {
  data: MessageDeliveryView[];
}

/** What an app says of one message. */
export class ReceiptBody {
  /**
   * `messageId` of the push message’s data.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  @IsUUID()
  messageId: string;

  /**
   * It arrived, or somebody opened it.
   * @example opened
   */
  @IsIn(['delivered', 'opened'])
  state: 'delivered' | 'opened';

  /**
   * When; default now.
   * @example 2026-01-05T09:00:00Z
   */
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

export class ReceiptsBody {
  /** At most 100. */
  @ApiProperty({ type: [ReceiptBody], minItems: 1, maxItems: 100 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ReceiptBody)
  receipts: ReceiptBody[];
}

export class ReceiptsView {
  /**
   * Messages of the caller among them; others are passed over.
   * @example 1
   */
  noted: number;
}

export class CallbackReceiptView {
  /** @example true */
  received: true;
}
