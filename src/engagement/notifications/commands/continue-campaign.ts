import { Command } from '@nestjs/cqrs';

/** Whether there are more people, the last ones are still on their way, or nothing is left to do. */
export type Continued = 'more' | 'wait' | 'over';

/** Notifies the next people of a campaign, in the run that asked for it. */
export class ContinueCampaignCommand extends Command<Continued> {
  constructor(
    readonly campaignId: string,
    readonly run: number,
  ) {
    super();
  }
}
