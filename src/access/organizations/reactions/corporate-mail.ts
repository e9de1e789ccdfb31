import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import { ApprovalDecided, ApprovalRequested } from '../contracts/corporate-events';

/** Those who are asked get a letter each. */
@Reaction({ name: 'organizations.mail-when-approval-requested', on: ApprovalRequested })
export class MailWhenApprovalRequested implements Reacts<ApprovalRequested> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<ApprovalRequested>, _tx: Transaction): Promise<void> {
    const { askedUserIds, requesterUserId, approvalId, step, escalated } = payload;
    const users = await this.queries.execute(new FindUsersQuery({ ids: [...askedUserIds, requesterUserId] }));
    const requester = users.find(({ id }) => id === requesterUserId)?.name ?? 'A colleague';
    for (const user of users.filter(({ id, active }) => active && askedUserIds.includes(id))) {
      await this.commands.execute(
        new SendMessageCommand({
          to: user.email,
          template: 'approval-requested',
          data: {
            name: user.name,
            requester,
            subject: payload.reference,
            amount: payload.amount,
            until: payload.expiresAt.slice(0, 10),
          },
          dedupeKey: `approval-requested:${approvalId}:${step}:${escalated ? 'e' : 'r'}:${user.id}`,
        }),
      );
    }
  }
}

/** Who asked is told what came of it, and what to do next. */
@Reaction({ name: 'organizations.mail-when-approval-decided', on: ApprovalDecided })
export class MailWhenApprovalDecided implements Reacts<ApprovalDecided> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<ApprovalDecided>, _tx: Transaction): Promise<void> {
    const { decision, subject, comment, reference, amount, approvalId } = payload;
    // Whoever cancelled knows.
    if (decision === 'cancelled') return;
    const [user] = await this.queries.execute(new FindUsersQuery({ ids: [payload.requesterUserId] }));
    if (!user?.active) return;
    const next =
      subject === 'order' && decision === 'approved' ? 'You can pay it now; its goods are kept for you.' : null;
    await this.commands.execute(
      new SendMessageCommand({
        to: user.email,
        template: 'approval-decided',
        data: { name: user.name, subject: reference, amount, decision, comment, next },
        dedupeKey: `approval-decided:${approvalId}`,
      }),
    );
  }
}
