import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import type { Money } from '../../../kernel/money/money';
import { ReviewOpened, ReviewOverdue } from '../../../money/fraud/contracts/fraud-events';
import { SendMessageCommand } from '../contracts/send-message';

interface Told {
  reviewId: string;
  amount: Money;
  dueAt: string;
  rejectAt: string;
  reasons?: string[];
}

const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

/** Tells those who may decide, once a moment of a review and person. */
async function tellStaff(
  buses: { commands: CommandBus; queries: QueryBus },
  { reviewId, amount, dueAt, rejectAt, reasons = [] }: Told,
  overdue: boolean,
): Promise<void> {
  const members = await buses.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
  for (const { userId, email } of members) {
    if (!email) continue;
    await buses.commands.execute(
      new SendMessageCommand({
        to: email,
        template: 'payment-review',
        data: { reviewId, amount, reasons, due: minute(dueAt), rejected: minute(rejectAt), overdue },
        dedupeKey: `payment-review/${reviewId}/${overdue ? 'overdue' : 'opened'}/${userId}`,
        userId,
      }),
    );
  }
}

/** Staff hears of a payment that waits for a decision. */
@Reaction({ name: 'notifications.mail-when-fraud-review-opened', on: ReviewOpened })
export class MailWhenFraudReviewOpened implements Reacts<ReviewOpened> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<ReviewOpened>): Promise<void> {
    return tellStaff({ commands: this.commands, queries: this.queries }, payload, false);
  }
}

/** Staff is reminded of a payment that nobody has decided about. */
@Reaction({ name: 'notifications.mail-when-fraud-review-overdue', on: ReviewOverdue })
export class MailWhenFraudReviewOverdue implements Reacts<ReviewOverdue> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<ReviewOverdue>): Promise<void> {
    return tellStaff({ commands: this.commands, queries: this.queries }, payload, true);
  }
}
