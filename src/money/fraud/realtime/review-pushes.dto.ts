import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

export class ReviewedAmountPush {
  /** Minor units. @example 49900 */
  @ApiProperty({ type: 'integer' })
  amount: number;
  /** @example "EUR" */
  currency: string;
}

export class ReviewedPayablePush {
  /** @example "order" */
  type: string;
  id: string;
}

/** A payment waits for a person's decision. */
@ServerPush('fraud.review-opened', { to: 'Staff of the shop.' })
export class ReviewOpenedPush {
  reviewId: string;
  payable: ReviewedPayablePush;
  amount: ReviewedAmountPush;
  /** 0 to 100. @example 71 */
  score: number;
  /** When it should be decided by. @example "2026-03-01T16:00:00.000Z" */
  dueAt: string;
  @ApiProperty({ enum: ['open'] })
  status: string;
}

/** A review was not decided in its time; at `rejectAt` it is rejected by itself. */
@ServerPush('fraud.review-overdue', { to: 'Staff of the shop.' })
export class ReviewOverduePush extends ReviewOpenedPush {
  /** @example "2026-03-02T12:00:00.000Z" */
  rejectAt: string;
}
