import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { ContinueCampaignCommand } from '../commands/continue-campaign';

/** How often it is looked whether a page has left (milliseconds). */
const LOOK_MS = 1_000;

/** Notifies the people of a campaign, a page at a time, each page once. */
@Timer({ name: 'notifications.continue-campaign' })
export class ContinueCampaign implements Fires<{ campaignId: string; run: number }> {
  constructor(private readonly commands: CommandBus) {}

  static next(tx: Transaction, { id, run }: { id: string; run: number }, inMs = 0): void {
    tx.timer(ContinueCampaign, { campaignId: id, run }, new Date(clock.nowMs() + inMs));
  }

  async fire({ campaignId, run }: { campaignId: string; run: number }, tx: Transaction): Promise<void> {
    const continued = await this.commands.execute(new ContinueCampaignCommand(campaignId, run));
    if (continued !== 'over') ContinueCampaign.next(tx, { id: campaignId, run }, continued === 'wait' ? LOOK_MS : 0);
  }
}
