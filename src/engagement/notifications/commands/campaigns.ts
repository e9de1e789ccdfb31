import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { UserIdsOfGroupQuery } from '../../../commerce/customers/contracts/customer-groups';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError, STATUS_OF_KIND } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { NotifyCommand } from '../contracts/notify';
import { BatchRepository } from '../data/batch.repository';
import { Campaigns } from '../data/campaigns';
import {
  campaignNotFound,
  changeCampaign,
  moveCampaign,
  type Audience,
  type Campaign,
  type CampaignChange,
  type CampaignMove,
  type CampaignRequest,
} from '../domain/campaign';
import { ContinueCampaign } from '../reactions/continue-campaign';
import { CampaignChecks } from './campaign-checks';
import { ContinueCampaignCommand, type Continued } from './continue-campaign';

/** People who are notified in one transaction; the next ones follow when their messages have left. */
export const CAMPAIGN_PAGE = 200;

/**
 * Drafts a campaign. @throws AppError invalid `notifications.audience-invalid`, `notifications.request-invalid`, not-found
 * `notifications.template-not-found`
 */
export class CreateCampaignCommand extends Command<{ id: string }> {
  constructor(readonly campaign: { name: string; audience: Audience } & CampaignRequest) {
    super();
  }
}

@CommandHandler(CreateCampaignCommand)
export class CreateCampaignHandler implements ICommandHandler<CreateCampaignCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly campaigns: Campaigns,
    private readonly checks: CampaignChecks,
  ) {}

  execute({ campaign: { name, audience, ...request } }: CreateCampaignCommand): Promise<{ id: string }> {
    return this.uow.run(async (tx) => {
      await this.checks.assert(tx, audience, request);
      const campaign: Campaign = {
        id: newId(),
        name,
        request,
        segment: audience,
        state: 'draft',
        run: 0,
        cursorUserId: null,
        recipients: 0,
        skipped: 0,
        fault: null,
        version: 1,
      };
      await this.campaigns.insert(tx, campaign, currentContext().principal.userId);
      return { id: campaign.id };
    });
  }
}

/**
 * Changes a draft: what is named, the rest stays.
 * @param expectedVersion version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `notifications.campaign-not-found`, conflict `notifications.campaign-state`, precondition-failed
 *   `notifications.stale-campaign`, and as create
 */
export class ChangeCampaignCommand extends Command<void> {
  constructor(
    readonly campaignId: string,
    readonly change: CampaignChange,
    readonly expectedVersion: number | null = null,
  ) {
    super();
  }
}

@CommandHandler(ChangeCampaignCommand)
export class ChangeCampaignHandler implements ICommandHandler<ChangeCampaignCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly campaigns: Campaigns,
    private readonly checks: CampaignChecks,
  ) {}

  execute({ campaignId, change, expectedVersion }: ChangeCampaignCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const found = await this.campaigns.lock(tx, campaignId);
      if (!found) throw campaignNotFound();
      const campaign = changeCampaign(found, change, expectedVersion);
      await this.checks.assert(tx, change.audience ?? null, campaign.request);
      await this.campaigns.rewrite(tx, campaign);
    });
  }
}

/** Starts, pauses, resumes or cancels a campaign. @throws AppError not-found, conflict `notifications.campaign-state` */
export class MoveCampaignCommand extends Command<void> {
  constructor(
    readonly campaignId: string,
    readonly move: CampaignMove,
  ) {
    super();
  }
}

@CommandHandler(MoveCampaignCommand)
export class MoveCampaignHandler implements ICommandHandler<MoveCampaignCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly campaigns: Campaigns,
    private readonly batches: BatchRepository,
  ) {}

  async execute({ campaignId, move }: MoveCampaignCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const found = await this.campaigns.lock(tx, campaignId);
      if (!found) throw campaignNotFound();
      const campaign = moveCampaign(found, move);
      if (campaign === found) return;
      // The first ones at once, so that whatever is wrong with it is said to whoever starts it.
      const next = move === 'start' ? await notifyPage(campaign, this.commands, this.queries) : campaign;
      await this.campaigns.save(tx, next);
      if (next.state === 'running') ContinueCampaign.next(tx, next);
      if (next.state === 'cancelled') await this.batches.callOff(tx, campaignId);
    });
  }
}

@CommandHandler(ContinueCampaignCommand)
export class ContinueCampaignHandler implements ICommandHandler<ContinueCampaignCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly campaigns: Campaigns,
  ) {}

  execute({ campaignId, run }: ContinueCampaignCommand): Promise<Continued> {
    return this.uow.run(async (tx) => {
      const campaign = await this.campaigns.lock(tx, campaignId);
      if (campaign?.state !== 'running' || campaign.run !== run) return 'over';
      // What was handed on has to leave first: a pause then holds back all but this.
      if (await this.campaigns.hasWaiting(tx, campaignId)) return 'wait';
      const next = await this.page(tx, campaign);
      await this.campaigns.save(tx, next);
      return next.state === 'running' ? 'more' : 'over';
    });
  }

  /** A template that was deleted meanwhile, say, pauses the campaign with its reason. */
  private async page(tx: Transaction, campaign: Campaign): Promise<Campaign> {
    try {
      return await tx.savepoint(() => notifyPage(campaign, this.commands, this.queries));
    } catch (error) {
      if (!(error instanceof AppError) || STATUS_OF_KIND[error.kind] >= 500) throw error;
      return { ...campaign, state: 'paused', fault: `${error.code}: ${error.message}`.slice(0, 500) };
    }
  }
}

/** Notifies the next people of a campaign. @returns it, moved on; `done` with the last of them */
async function notifyPage(campaign: Campaign, commands: CommandBus, queries: QueryBus): Promise<Campaign> {
  const { id, request, cursorUserId } = campaign;
  const page = await nextUsers(campaign, queries);
  const userIds = await belonging(campaign.segment, page, queries);
  let [recipients, skipped] = [campaign.recipients, campaign.skipped];
  if (userIds.length > 0) {
    const told = await commands.execute(
      new NotifyCommand({ ...request, userIds, dedupeKey: `campaign/${id}`, batchId: id }),
    );
    const left = told.filter(({ notificationId }) => notificationId === null).length;
    recipients += told.length - left;
    skipped += left;
  }
  const state = page.length < CAMPAIGN_PAGE ? 'done' : campaign.state;
  return { ...campaign, state, recipients, skipped, cursorUserId: page.at(-1) ?? cursorUserId };
}

async function nextUsers({ segment, cursorUserId: after }: Campaign, queries: QueryBus): Promise<string[]> {
  const { roles, customerGroupId, userIds } = segment;
  if (userIds)
    return [...new Set(userIds)]
      .sort()
      .filter((id) => after === null || id > after)
      .slice(0, CAMPAIGN_PAGE);
  return customerGroupId
    ? queries.execute(new UserIdsOfGroupQuery({ groupId: customerGroupId, after, limit: CAMPAIGN_PAGE }))
    : queries.execute(new MemberIdsQuery({ roles, after, limit: CAMPAIGN_PAGE }));
}

/** Who was named may have left the organization since. */
async function belonging({ roles }: Audience, userIds: string[], queries: QueryBus): Promise<string[]> {
  return roles || userIds.length === 0 ? userIds : queries.execute(new MemberIdsQuery({ userIds }));
}
