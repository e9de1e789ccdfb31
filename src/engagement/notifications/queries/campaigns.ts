import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Channel, MessageState } from '../contracts/channels';
import { campaignNotFound, type Audience, type CampaignState } from '../domain/campaign';

export interface CampaignFacts {
  id: string;
  name: string;
  state: CampaignState;
  category: string;
  template: string;
  channels: Channel[] | null;
  localTime: string | null;
  audience: Audience;
  /** People who were notified so far, and those whose moment was past. */
  recipients: number;
  skipped: number;
  /** Why it paused by itself. */
  fault: string | null;
  /** Also the ETag. */
  version: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface CampaignDetails extends CampaignFacts {
  /** Messages by channel and state; accepted by a provider (`sent`) is not delivered. */
  messages: { channel: Channel; state: MessageState; suppressedFor: string | null; count: number }[];
}

const FACTS = `c.id, c.name, c.state, c.request ->> 'category' as category, c.request ->> 'template' as template, c.request -> 'channels' as channels,
  c.request ->> 'localTime' as "localTime", c.segment as audience, c.recipients, c.skipped, c.fault, c.version, c.created_at as "createdAt",
  c.started_at as "startedAt", c.finished_at as "finishedAt"`;

/** Sorts: createdAt (default, newest first). */
export class ListCampaignsQuery extends Query<Page<CampaignFacts>> {
  constructor(readonly query: ListQuery & { state?: CampaignState[] }) {
    super();
  }
}

const CAMPAIGNS = keyset({
  id: 'c.id',
  sorts: { createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { state: { sql: 'c.state', type: 'text' } },
});

const view = (row: CampaignFacts): CampaignFacts => ({
  id: row.id,
  name: row.name,
  state: row.state,
  category: row.category,
  template: row.template,
  channels: row.channels,
  localTime: row.localTime,
  audience: row.audience,
  recipients: row.recipients,
  skipped: row.skipped,
  fault: row.fault,
  version: row.version,
  createdAt: row.createdAt,
  startedAt: row.startedAt,
  finishedAt: row.finishedAt,
});

@QueryHandler(ListCampaignsQuery)
export class ListCampaignsHandler implements IQueryHandler<ListCampaignsQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListCampaignsQuery): Promise<Page<CampaignFacts>> {
    return CAMPAIGNS.run<CampaignFacts, CampaignFacts>(this.database, query, {
      select: FACTS,
      from: 'notifications.campaigns c',
      where: 'c.tenant_id = kernel.tenant_id()',
      map: view,
    });
  }
}

/** @throws AppError not-found `notifications.campaign-not-found` */
export class FindCampaignQuery extends Query<CampaignDetails> {
  constructor(readonly campaignId: string) {
    super();
  }
}

@QueryHandler(FindCampaignQuery)
export class FindCampaignHandler implements IQueryHandler<FindCampaignQuery> {
  constructor(private readonly database: Database) {}

  async execute({ campaignId }: FindCampaignQuery): Promise<CampaignDetails> {
    const [row] = await this.database.read<CampaignFacts & { messages: CampaignDetails['messages'] }>(
      `select ${FACTS}, coalesce((
         select jsonb_agg(jsonb_build_object('channel', channel, 'state', state, 'suppressedFor', suppressed_for, 'count', count)
           order by channel, state, suppressed_for)
         from (select m.channel, m.state, m.suppressed_for, count(*) from notifications.notifications n
           join notifications.messages m on m.tenant_id = n.tenant_id and m.notification_id = n.id
           where n.tenant_id = c.tenant_id and n.batch_id = c.id group by 1, 2, 3) counted), '[]') as messages
       from notifications.campaigns c where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [campaignId],
    );
    if (!row) throw campaignNotFound();
    return { ...view(row), messages: row.messages };
  }
}
