import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import { StockDigestDue } from '../../../commerce/inventory/contracts/inventory-events';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { SendMessageCommand } from '../contracts/send-message';

/** What is open about the stock is mailed to owners, administrators and staff, once a day and person. */
@Injectable()
@Reaction({ name: 'notifications.mail-stock-digest', on: StockDigestDue })
export class MailStockDigest implements Reacts<StockDigestDue> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<StockDigestDue>): Promise<void> {
    const { day, counts, unacknowledged, expiringValue } = payload;
    const open = counts.out_of_stock + counts.low_stock + counts.expiring + counts.overstock;
    const alerts = payload.alerts.map(({ lotNumber, onHand, removeAt, ...alert }) => ({
      ...alert,
      lotNumber: lotNumber ?? undefined,
      onHand: onHand ?? undefined,
      removeAt: removeAt ?? undefined,
    }));
    const data = {
      day,
      open,
      unacknowledged,
      ...counts,
      alerts,
      more: Math.max(0, open - alerts.length),
      expiringValue,
    };
    const members = await this.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
    for (const { userId, email } of members) {
      if (!email) continue;
      const dedupeKey = `stock-digest/${day}/${userId}`;
      await this.commands.execute(
        new SendMessageCommand({ to: email, template: 'stock-digest', data, dedupeKey, userId }),
      );
    }
  }
}
