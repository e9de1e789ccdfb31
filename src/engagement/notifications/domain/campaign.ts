import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Channel } from '../contracts/channels';

export const CAMPAIGN_STATES = ['draft', 'running', 'paused', 'done', 'cancelled'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Whom a campaign is for: one of the three. */
export interface Audience {
  /** Members with one of these roles. */
  roles?: string[];
  /** Customers of this group who have an account. */
  customerGroupId?: string;
  userIds?: string[];
}

/** What a campaign says. */
export interface CampaignRequest {
  category: string;
  template: string;
  data: Record<string, unknown>;
  channels?: Channel[];
  /** On each recipient's own clock, `2026-03-29T09:00`. */
  localTime?: string;
}

export interface Campaign {
  id: string;
  name: string;
  request: CampaignRequest;
  segment: Audience;
  state: CampaignState;
  /** Counts starts and resumptions: work that was asked for by an earlier one is no longer done. */
  run: number;
  cursorUserId: string | null;
  recipients: number;
  skipped: number;
  /** Why it paused by itself. */
  fault: string | null;
  /** Counts its changes while it is a draft. */
  version: number;
}

/** What may be done with a campaign, and what becomes of it. */
const MOVES = {
  start: { from: ['draft'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['draft', 'running', 'paused'], to: 'cancelled' },
} as const satisfies Record<string, { from: readonly CampaignState[]; to: CampaignState }>;
export type CampaignMove = keyof typeof MOVES;

/** Moves a campaign on; to where it is already changes nothing. @throws AppError conflict `notifications.campaign-state` */
export function moveCampaign(campaign: Campaign, move: CampaignMove): Campaign {
  const { from, to }: { from: readonly CampaignState[]; to: CampaignState } = MOVES[move];
  if (campaign.state === to && move !== 'start') return campaign;
  if (!from.includes(campaign.state)) throw campaignState(campaign.state, move);
  return { ...campaign, state: to, fault: null, run: to === 'running' ? campaign.run + 1 : campaign.run };
}

/** What of a draft is to be another; null of `channels` and `localTime`: none, as if it had not been said. */
export type CampaignChange = Partial<
  { name: string; audience: Audience } & Pick<CampaignRequest, 'category' | 'template' | 'data'>
> & { channels?: Channel[] | null; localTime?: string | null };

/**
 * Changes what is named of a draft, and leaves the rest.
 * @param expectedVersion version that the caller saw; null where it does not matter
 * @throws AppError conflict `notifications.campaign-state`, precondition-failed `notifications.stale-campaign`
 */
export function changeCampaign(
  campaign: Campaign,
  { name, audience, ...more }: CampaignChange,
  expectedVersion: number | null,
): Campaign {
  if (campaign.state !== 'draft') throw campaignState(campaign.state, 'change');
  if (expectedVersion !== null && expectedVersion !== campaign.version) throw staleCampaign(campaign.version);
  const said = Object.entries({ ...campaign.request, ...more }).filter(([, value]) => value !== null);
  return {
    ...campaign,
    name: name ?? campaign.name,
    segment: audience ?? campaign.segment,
    request: Object.fromEntries(said) as unknown as CampaignRequest,
    version: campaign.version + 1,
  };
}

const staleCampaign = (version: number): AppError =>
  new AppError('notifications.stale-campaign', 'precondition-failed', 'Somebody changed this campaign meanwhile.', {
    hint: 'Read it again, and repeat the change where it still makes sense.',
    version,
  });

export const campaignNotFound = (): AppError => notFound('notifications.campaign-not-found', 'No such campaign.');

const campaignState = (state: CampaignState, move: CampaignMove | 'change'): AppError =>
  conflict('notifications.campaign-state', `A campaign that is ${state} cannot ${move}.`, {
    ...(move === 'change' ? { hint: 'Only drafts can be changed: cancel it, and draft another.' } : {}),
  });

export const audienceInvalid = (detail: string): AppError =>
  invalid('notifications.audience-invalid', 'Nobody knows whom this campaign is for.', {
    errors: [{ pointer: '/audience', code: 'invalid', detail }],
  });
