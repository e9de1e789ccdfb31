import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DecideReviewCommand } from '../commands/decide-review';
import { AssignReviewCommand, NoteReviewCommand } from '../commands/tend-review';
import { FindReviewQuery, ListReviewsQuery } from '../queries/reviews';
import {
  AssignFraudReviewBody,
  DecideFraudReviewBody,
  FraudReviewDetailsView,
  FraudReviewView,
  ListFraudReviewsParams,
  NoteFraudReviewBody,
} from './fraud-reviews.dto';

/** The queue of payments that wait for a person. */
@ApiTags('fraud')
@Controller('fraud/reviews')
export class FraudReviewsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('fraud:read')
  @ApiOperation({
    operationId: 'listFraudReviews',
    summary: 'List reviews',
    description: 'Newest first; `sort=dueAt&status=open` is the queue.',
  })
  @ApiOkResponse({ type: pageOf(FraudReviewView) })
  list(@Query() query: ListFraudReviewsParams): Promise<Page<FraudReviewView>> {
    return this.queries.execute(new ListReviewsQuery(query));
  }

  @Get(':id')
  @Allow('fraud:read')
  @Problems('fraud.review-not-found')
  @ApiOperation({ operationId: 'getFraudReview', summary: 'Read a review with its notes' })
  @ApiOkResponse({ type: FraudReviewDetailsView })
  get(@IdParam() id: string): Promise<FraudReviewDetailsView> {
    return this.queries.execute(new FindReviewQuery(id));
  }

  @Post(':id/approve')
  @Allow('fraud:review')
  @HttpCode(200)
  @Idempotent({ required: true })
  @Problems('fraud.review-not-found', 'fraud.review-decided')
  @ApiOperation({
    operationId: 'approveFraudReview',
    summary: 'Approve a payment',
    description: 'What is reserved is captured at once, or may be where the shop captures by hand; the order goes on.',
  })
  @ApiOkResponse({ type: FraudReviewDetailsView })
  approve(@IdParam() id: string, @Body() { note = null }: DecideFraudReviewBody): Promise<FraudReviewDetailsView> {
    return this.commands.execute(new DecideReviewCommand(id, 'approved', note));
  }

  @Post(':id/reject')
  @Allow('fraud:review')
  @HttpCode(200)
  @Idempotent({ required: true })
  @Problems('fraud.review-not-found', 'fraud.review-decided')
  @ApiOperation({
    operationId: 'rejectFraudReview',
    summary: 'Reject a payment',
    description: 'What is reserved is let go, the order is cancelled and its stock released.',
  })
  @ApiOkResponse({ type: FraudReviewDetailsView })
  reject(@IdParam() id: string, @Body() { note = null }: DecideFraudReviewBody): Promise<FraudReviewDetailsView> {
    return this.commands.execute(new DecideReviewCommand(id, 'rejected', note));
  }

  @Post(':id/assign')
  @Allow('fraud:review')
  @HttpCode(200)
  @Problems('fraud.review-not-found', 'fraud.review-decided', { 'fraud.assignee-unknown': 400 })
  @ApiOperation({ operationId: 'assignFraudReview', summary: 'Say who looks after a review' })
  @ApiOkResponse({ type: FraudReviewDetailsView })
  assign(@IdParam() id: string, @Body() { userId }: AssignFraudReviewBody): Promise<FraudReviewDetailsView> {
    return this.commands.execute(new AssignReviewCommand(id, userId));
  }

  @Post(':id/notes')
  @Allow('fraud:review')
  @Idempotent()
  @Problems('fraud.review-not-found')
  @ApiOperation({ operationId: 'noteFraudReview', summary: 'Note something about a review' })
  @ApiCreatedResponse({ type: FraudReviewDetailsView })
  note(@IdParam() id: string, @Body() { text }: NoteFraudReviewBody): Promise<FraudReviewDetailsView> {
    return this.commands.execute(new NoteReviewCommand(id, text));
  }
}
