import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import { StockAlertRaised } from '../../../commerce/inventory/contracts/inventory-events';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { SendMessageCommand } from '../contracts/send-message';

/** Low stock is mailed to owners, administrators and staff, once per alert and person; inventory itself tells who is there by socket. */
@Injectable()
@Reaction({ name: 'notifications.alert-staff-when-stock-low', on: StockAlertRaised })
export class AlertStaffWhenStockLow implements Reacts<StockAlertRaised> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload: alert }: StoredEvent<StockAlertRaised>): Promise<void> {
    const members = await this.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
    for (const { userId, email } of members) {
      if (!email) continue;
      await this.commands.execute(
        new SendMessageCommand({
          to: email,
          template: 'low-stock',
          data: {
            sku: alert.sku,
            available: alert.available,
            reorderLevel: alert.reorderLevel,
            locationName: alert.locationName,
          },
          dedupeKey: `low-stock/${alert.alertId}/${userId}`,
        }),
      );
    }
  }
}
