import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { PaymentNeedsAttention } from '../../../money/payments/contracts/payment-events';
import { NotifyCommand } from '../contracts/notify';

const SAID = {
  unresolved: 'A payment is unresolved: its provider stays silent',
  'amount-conflict': 'A payment came in with another amount than was asked for',
  'refund-failed': 'A refund failed',
  'refund-reversed': 'A refund that had succeeded came back',
};

/** Staff is told of payments that a person must look at. */
@Reaction({ name: 'notifications.tell-when-payment-needs-attention', on: PaymentNeedsAttention })
export class TellWhenPaymentNeedsAttention implements Reacts<PaymentNeedsAttention> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ id, payload }: StoredEvent<PaymentNeedsAttention>): Promise<void> {
    const { intentId, payable, problem, detail } = payload;
    const members = await this.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
    const userIds = members.map(({ userId }) => userId).slice(0, 500);
    if (userIds.length === 0) return;
    const data = {
      title: SAID[problem],
      body: `Payment ${intentId} of ${payable.type} ${payable.id}. ${detail}`,
    };
    await this.commands.execute(
      new NotifyCommand({
        userIds,
        category: 'payments',
        template: 'notice',
        data,
        dedupeKey: `payment-attention/${id}`,
      }),
    );
  }
}
