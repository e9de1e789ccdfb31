import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeCampaignCommand, CreateCampaignCommand, MoveCampaignCommand } from '../commands/campaigns';
import type { CampaignMove } from '../domain/campaign';
import { FindCampaignQuery, ListCampaignsQuery } from '../queries/campaigns';
import {
  CampaignDetailsView,
  CampaignParams,
  CampaignView,
  ChangeCampaignBody,
  CreateCampaignBody,
} from './campaigns.dto';

const MOVE_PROBLEMS = { 'notifications.campaign-state': 409 };

const tagged = (reply: FastifyReply, campaign: CampaignDetailsView): CampaignDetailsView => {
  void reply.header('etag', etagOf(campaign.version));
  return campaign;
};

/** News to many, a page of people at a time. */
@ApiTags('campaigns')
@Controller('campaigns')
export class CampaignsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('campaigns:read')
  @ApiOperation({ operationId: 'listCampaigns', summary: 'List campaigns', description: 'Newest first.' })
  @ApiOkResponse({ type: pageOf(CampaignView) })
  list(@Query() query: CampaignParams): Promise<Page<CampaignView>> {
    return this.queries.execute(new ListCampaignsQuery(query));
  }

  @Post()
  @Allow('campaigns:write')
  @Idempotent()
  @Problems(
    {
      'notifications.audience-invalid': 400,
      'notifications.request-invalid': 400,
      'notifications.local-time-unknown': 400,
    },
    'notifications.template-not-found',
  )
  @ApiOperation({
    operationId: 'createCampaign',
    summary: 'Draft a campaign',
    description:
      'Nobody hears of it before it is started. What people want, quiet hours, caps and the suppression list hold for it.',
  })
  @ApiCreatedResponse({ type: CampaignDetailsView })
  async create(
    @Body() { category = 'campaigns', data = {}, ...body }: CreateCampaignBody,
  ): Promise<CampaignDetailsView> {
    const { id } = await this.commands.execute(new CreateCampaignCommand({ ...body, category, data }));
    return this.find(id);
  }

  @Get(':id')
  @Allow('campaigns:read')
  @Problems('notifications.campaign-not-found')
  @ApiOperation({ operationId: 'getCampaign', summary: 'Read a campaign, and how far it is' })
  @ApiOkResponse({ type: CampaignDetailsView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<CampaignDetailsView> {
    return tagged(reply, await this.find(id));
  }

  @Patch(':id')
  @Allow('campaigns:write')
  @Idempotent()
  @Problems('notifications.campaign-not-found', 'notifications.template-not-found', MOVE_PROBLEMS, {
    'notifications.audience-invalid': 400,
    'notifications.request-invalid': 400,
    'notifications.local-time-unknown': 400,
    'notifications.stale-campaign': 412,
  })
  @ApiOperation({
    operationId: 'changeCampaign',
    summary: 'Change a campaign that is a draft',
    description: 'What is not named stays as it is. With If-Match only when nobody changed it since that version.',
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOkResponse({ type: CampaignDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeCampaignBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<CampaignDetailsView> {
    await this.commands.execute(new ChangeCampaignCommand(id, body, versionOfIfMatch(ifMatch)));
    return tagged(reply, await this.find(id));
  }

  @Post(':id/start')
  @HttpCode(200)
  @Allow('campaigns:write')
  @Idempotent()
  @Problems('notifications.campaign-not-found', MOVE_PROBLEMS, {
    'notifications.request-invalid': 400,
    'notifications.local-time-unknown': 400,
  })
  @ApiOperation({
    operationId: 'startCampaign',
    summary: 'Start a campaign',
    description: 'The first 200 people are notified at once.',
  })
  @ApiOkResponse({ type: CampaignDetailsView })
  start(@IdParam() id: string): Promise<CampaignDetailsView> {
    return this.move(id, 'start');
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Allow('campaigns:write')
  @Problems('notifications.campaign-not-found', MOVE_PROBLEMS)
  @ApiOperation({
    operationId: 'pauseCampaign',
    summary: 'Pause a campaign',
    description: 'Nobody is notified any more. Of the 200 who were notified last some messages may still leave.',
  })
  @ApiOkResponse({ type: CampaignDetailsView })
  pause(@IdParam() id: string): Promise<CampaignDetailsView> {
    return this.move(id, 'pause');
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Allow('campaigns:write')
  @Problems('notifications.campaign-not-found', MOVE_PROBLEMS)
  @ApiOperation({ operationId: 'resumeCampaign', summary: 'Let a paused campaign go on where it was' })
  @ApiOkResponse({ type: CampaignDetailsView })
  resume(@IdParam() id: string): Promise<CampaignDetailsView> {
    return this.move(id, 'resume');
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('campaigns:write')
  @Problems('notifications.campaign-not-found', MOVE_PROBLEMS)
  @ApiOperation({
    operationId: 'cancelCampaign',
    summary: 'End a campaign',
    description: 'What has not left yet is called off; what is sent stays sent.',
  })
  @ApiOkResponse({ type: CampaignDetailsView })
  cancel(@IdParam() id: string): Promise<CampaignDetailsView> {
    return this.move(id, 'cancel');
  }

  private async move(id: string, move: CampaignMove): Promise<CampaignDetailsView> {
    await this.commands.execute(new MoveCampaignCommand(id, move));
    return this.find(id);
  }

  private find(id: string): Promise<CampaignDetailsView> {
    return this.queries.execute(new FindCampaignQuery(id));
  }
}
