import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Authenticated } from '../../../kernel/auth/decorators';
import { clock } from '../../../kernel/clock/clock';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { MarkNotificationCommand, ReadAllNotificationsCommand } from '../commands/mark-notifications';
import { AddSuppressionCommand, RemoveSuppressionCommand } from '../commands/manage-suppressions';
import { CancelBatchCommand, NotifyManyCommand } from '../commands/notify-many';
import { FindBatchQuery, ListBatchesQuery } from '../queries/batches';
import { FindNotificationQuery, InboxQuery, UnreadQuery } from '../queries/inbox';
import { ListSuppressionsQuery } from '../queries/suppressions';
import { callerId } from './caller';
import {
  AddedSuppressionView,
  AddSuppressionBody,
  BatchDetailsView,
  BatchView,
  InboxParams,
  MarkNotificationBody,
  NotificationView,
  NotifyBody,
  ReadAllBody,
  ReadAllView,
  SuppressionParams,
  SuppressionView,
  UnreadNotificationsView,
} from './notifications.dto';

/** The caller's inbox, and notifying others. */
@ApiTags('notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Authenticated()
  @ApiOperation({
    operationId: 'listNotifications',
    summary: 'Read your inbox',
    description: 'Newest first. New ones are also told by the socket event `notification.created`.',
  })
  @ApiOkResponse({ type: pageOf(NotificationView) })
  list(@Query() query: InboxParams): Promise<Page<NotificationView>> {
    return this.queries.execute(new InboxQuery(callerId(), query));
  }

  @Get('unread')
  @Authenticated()
  @ApiOperation({ operationId: 'countUnreadNotifications', summary: 'Count what is unread', description: 'To 100.' })
  @ApiOkResponse({ type: UnreadNotificationsView })
  unread(): Promise<UnreadNotificationsView> {
    return this.queries.execute(new UnreadQuery(callerId()));
  }

  @Post('read')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ operationId: 'readAllNotifications', summary: 'Mark everything in your inbox as read' })
  @ApiOkResponse({ type: ReadAllView })
  readAll(@Body() { until }: ReadAllBody): Promise<ReadAllView> {
    return this.commands.execute(new ReadAllNotificationsCommand(callerId(), until ? new Date(until) : clock.now()));
  }

  @Post()
  @Allow('notifications:write')
  @Idempotent()
  @Problems(
    {
      'notifications.request-invalid': 400,
      'notifications.local-time-unknown': 400,
      'notifications.recipients-unknown': 400,
      'notifications.data-missing': 400,
    },
    'notifications.template-not-found',
  )
  @ApiOperation({
    operationId: 'notify',
    summary: 'Notify members of the organization',
    description:
      'By the channels that they want, now or at a time, in a digest or after their quiet hours. A segment goes on in the background; read the answer’s `id` again to see how far it is.',
  })
  @ApiCreatedResponse({ type: BatchDetailsView })
  notify(@Body() { category = 'general', data = {}, at, ...body }: NotifyBody): Promise<BatchDetailsView> {
    return this.commands.execute(
      new NotifyManyCommand({ ...body, category, data, ...(at ? { at: new Date(at) } : {}) }),
    );
  }

  @Get(':id')
  @Authenticated()
  @Problems('notifications.notification-not-found')
  @ApiOperation({ operationId: 'getNotification', summary: 'Read one of your notifications' })
  @ApiOkResponse({ type: NotificationView })
  get(@IdParam() id: string): Promise<NotificationView> {
    return this.queries.execute(new FindNotificationQuery(callerId(), id));
  }

  @Patch(':id')
  @Authenticated()
  @Problems('notifications.notification-not-found')
  @ApiOperation({
    operationId: 'markNotification',
    summary: 'Mark one of your notifications',
    description: 'As read, as unread, put away, or back. Your other devices hear of it by `notification.unread`.',
  })
  @ApiOkResponse({ type: NotificationView })
  mark(@IdParam() id: string, @Body() body: MarkNotificationBody): Promise<NotificationView> {
    return this.commands.execute(new MarkNotificationCommand(callerId(), id, body));
  }
}

/** Requests to notify people, and what became of them. */
@ApiTags('notification-batches')
@Controller('notification-batches')
export class NotificationBatchesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('notifications:read')
  @ApiOperation({
    operationId: 'listNotificationBatches',
    summary: 'List requests to notify people',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: pageOf(BatchView) })
  batches(@Query() query: ListQuery): Promise<Page<BatchView>> {
    return this.queries.execute(new ListBatchesQuery(query));
  }

  @Get(':id')
  @Allow('notifications:read')
  @Problems('notifications.batch-not-found')
  @ApiOperation({ operationId: 'getNotificationBatch', summary: 'Read what became of a request to notify people' })
  @ApiOkResponse({ type: BatchDetailsView })
  batch(@IdParam() id: string): Promise<BatchDetailsView> {
    return this.queries.execute(new FindBatchQuery(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('notifications:write')
  @Problems('notifications.batch-not-found')
  @ApiOperation({
    operationId: 'cancelNotificationBatch',
    summary: 'Call off what has not left yet',
    description: 'What is sent stays sent.',
  })
  @ApiOkResponse({ type: BatchDetailsView })
  cancel(@IdParam() id: string): Promise<BatchDetailsView> {
    return this.commands.execute(new CancelBatchCommand(id));
  }
}

/** Addresses that get nothing any more. */
@ApiTags('suppressions')
@Controller('suppressions')
export class SuppressionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('notifications:read')
  @ApiOperation({
    operationId: 'listSuppressions',
    summary: 'List addresses that get nothing any more',
    description: 'They bounced, complained, unsubscribed, or were added by hand. Only a hint of each address is kept.',
  })
  @ApiOkResponse({ type: pageOf(SuppressionView) })
  suppressions(@Query() query: SuppressionParams): Promise<Page<SuppressionView>> {
    return this.queries.execute(new ListSuppressionsQuery(query));
  }

  @Post()
  @Allow('notifications:write')
  @Idempotent()
  @Problems('notifications.recipient-invalid')
  @ApiOperation({ operationId: 'addSuppression', summary: 'Write to an address no more' })
  @ApiCreatedResponse({ type: AddedSuppressionView })
  suppress(@Body() { channel, address, category, note }: AddSuppressionBody): Promise<AddedSuppressionView> {
    return this.commands.execute(
      new AddSuppressionCommand({ channel, address, category: category ?? null, note: note ?? null }),
    );
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('notifications:write')
  @Problems('notifications.suppression-not-found')
  @ApiOperation({ operationId: 'removeSuppression', summary: 'Write to an address again' })
  @ApiNoContentResponse()
  async unsuppress(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveSuppressionCommand(id));
  }
}
