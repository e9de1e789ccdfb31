import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import { StockAlertRaised } from '../../../commerce/inventory/contracts/inventory-events';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { SendMessageCommand, type TemplateData } from '../contracts/send-message';

type Alert = StockAlertRaised['payload'];
type Letter = { [T in keyof TemplateData]: { template: T; data: TemplateData[T] } }[
  'low-stock' | 'out-of-stock' | 'expiring-stock' | 'overstock'];

/** Alerts of stock are mailed to owners, administrators and staff, once per alert and person; inventory itself tells who is there by socket. */
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
      const dedupeKey = `low-stock/${alert.alertId}/${userId}`;
      await this.commands.execute(new SendMessageCommand({ to: email, ...letterOf(alert), dedupeKey, userId }));
    }
  }
}

function letterOf({ kind, sku, available, reorderLevel, locationName, onHand = 0, ...alert }: Alert): Letter {
  switch (kind) {
    case 'low_stock':
      return { template: 'low-stock', data: { sku, available, reorderLevel, locationName } };
    case 'out_of_stock':
      return { template: 'out-of-stock', data: { sku, available, locationName } };
    case 'expiring':
      return {
        template: 'expiring-stock',
        data: { sku, lotNumber: alert.lotNumber ?? undefined, onHand, removeAt: alert.removeAt!, locationName },
      };
    case 'overstock':
      return { template: 'overstock', data: { sku, onHand, overstockLevel: alert.overstockLevel!, locationName } };
  }
}
