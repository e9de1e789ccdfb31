import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import {
  DisputeDeadlineNear,
  DisputeOpened,
  type DisputeFacts,
} from '../../../money/payments/contracts/dispute-events';
import { SendMessageCommand } from '../contracts/send-message';

/** Tells owners and administrators, once a moment of a dispute and person. */
async function tellStaff(
  buses: { commands: CommandBus; queries: QueryBus },
  dispute: DisputeFacts,
  hoursLeft: number | null,
): Promise<void> {
  const until = dispute.evidenceDueBy && `${dispute.evidenceDueBy.slice(0, 16).replace('T', ' ')} UTC`;
  const members = await buses.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin'] }));
  for (const { userId, email } of members) {
    if (!email) continue;
    await buses.commands.execute(
      new SendMessageCommand({
        to: email,
        template: 'dispute',
        data: {
          disputeId: dispute.disputeId,
          amount: dispute.amount,
          reason: dispute.reason.replaceAll('_', ' '),
          provider: dispute.provider,
          until,
          hoursLeft,
        },
        dedupeKey: `dispute/${dispute.disputeId}/${dispute.evidenceDueBy ?? ''}/${hoursLeft ?? 'opened'}/${userId}`,
        userId,
      }),
    );
  }
}

/** Staff hears at once of a payment that is disputed. */
@Reaction({ name: 'notifications.mail-when-dispute-opened', on: DisputeOpened })
export class MailWhenDisputeOpened implements Reacts<DisputeOpened> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<DisputeOpened>): Promise<void> {
    return tellStaff({ commands: this.commands, queries: this.queries }, payload, null);
  }
}

/** Staff is reminded of a dispute that nobody has answered. */
@Reaction({ name: 'notifications.mail-when-dispute-deadline-near', on: DisputeDeadlineNear })
export class MailWhenDisputeDeadlineNear implements Reacts<DisputeDeadlineNear> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<DisputeDeadlineNear>): Promise<void> {
    return tellStaff({ commands: this.commands, queries: this.queries }, payload, payload.hoursLeft);
  }
}
