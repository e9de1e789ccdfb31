import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentPrincipal } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AnswerReviewCommand, ModerateReviewCommand } from '../commands/moderate-reviews';
import { DeleteReviewCommand, ReportReviewCommand, WriteReviewCommand, type Reviewer } from '../commands/write-reviews';
import { FindOwnReviewQuery, FindReviewQuery, ListModeratedReviewsQuery, ListReviewsQuery } from '../queries/reviews';
import { listedAlone } from './places.controller';
import {
  AnswerPlaceReviewBody,
  HidePlaceReviewBody,
  ListModeratedPlaceReviewsParams,
  ListPlaceReviewsParams,
  ModeratedPlaceReviewView,
  PlaceReviewView,
  ReportPlaceReviewBody,
  WritePlaceReviewBody,
} from './reviews.dto';

/** Whoever has an `-own` permission is a user. */
const reviewer = (principal: Principal): Reviewer => ({
  userId: principal.userId!,
  listedAlone: listedAlone(principal),
});

/** Reviews one by one: reports of them, and keeping them decent. */
@ApiTags('places')
@Controller('place-reviews')
export class PlaceReviewsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('place-reviews:write')
  @ApiOperation({
    operationId: 'listModeratedPlaceReviews',
    summary: 'List reviews of all places, with reports of them',
    description: 'Sorts: createdAt (default -createdAt), stars.',
  })
  @ApiOkResponse({ type: pageOf(ModeratedPlaceReviewView) })
  moderated(
    @Query() query: ListModeratedPlaceReviewsParams,
    @CurrentPrincipal() { userId }: Principal,
  ): Promise<Page<ModeratedPlaceReviewView>> {
    return this.queries.execute(new ListModeratedReviewsQuery(query, userId));
  }

  @Get(':id')
  @Allow('place-reviews:write')
  @Problems('location.review-not-found')
  @ApiOperation({ operationId: 'getPlaceReview', summary: 'Read a review with reports of it' })
  @ApiOkResponse({ type: ModeratedPlaceReviewView })
  get(@IdParam() id: string, @CurrentPrincipal() { userId }: Principal): Promise<ModeratedPlaceReviewView> {
    return this.queries.execute(new FindReviewQuery(id, userId));
  }

  @Post(':id/reports')
  @HttpCode(204)
  @Allow('place-reviews:write-own')
  @Problems('location.review-not-found', 'location.review-own')
  @ApiOperation({
    operationId: 'reportPlaceReview',
    summary: 'Report a review',
    description:
      'Once by each user; again changes nothing, unless it was decided and the review says something else since.',
  })
  @ApiNoContentResponse()
  report(
    @IdParam() id: string,
    @Body() { reason, note = null }: ReportPlaceReviewBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.commands.execute(new ReportReviewCommand(id, reviewer(principal), { reason, note }));
  }

  @Put(':id/hidden')
  @Allow('place-reviews:write')
  @Problems('location.review-not-found')
  @ApiOperation({
    operationId: 'hidePlaceReview',
    summary: 'Hide a review',
    description: 'Its author alone sees it, with the reason; it does not count, and reports of it are settled.',
  })
  @ApiOkResponse({ type: ModeratedPlaceReviewView })
  hide(@IdParam() id: string, @Body() { reason }: HidePlaceReviewBody): Promise<ModeratedPlaceReviewView> {
    return this.commands.execute(new ModerateReviewCommand(id, reason));
  }

  @Delete(':id/hidden')
  @Allow('place-reviews:write')
  @Problems('location.review-not-found')
  @ApiOperation({
    operationId: 'showPlaceReview',
    summary: 'Let a review be seen',
    description:
      'Also one that was never hidden: reports of it are settled with that. Of one that its author deleted while it was hidden nothing is left then, and another may be written.',
  })
  @ApiOkResponse({ type: ModeratedPlaceReviewView })
  show(@IdParam() id: string): Promise<ModeratedPlaceReviewView> {
    return this.commands.execute(new ModerateReviewCommand(id, null));
  }

  @Put(':id/answer')
  @Allow('place-reviews:write')
  @Problems('location.review-not-found')
  @ApiOperation({ operationId: 'answerPlaceReview', summary: 'Answer a review' })
  @ApiOkResponse({ type: ModeratedPlaceReviewView })
  answer(@IdParam() id: string, @Body() { text }: AnswerPlaceReviewBody): Promise<ModeratedPlaceReviewView> {
    return this.commands.execute(new AnswerReviewCommand(id, text));
  }

  @Delete(':id/answer')
  @Allow('place-reviews:write')
  @Problems('location.review-not-found')
  @ApiOperation({ operationId: 'withdrawPlaceReviewAnswer', summary: 'Take back the answer to a review' })
  @ApiOkResponse({ type: ModeratedPlaceReviewView })
  withdraw(@IdParam() id: string): Promise<ModeratedPlaceReviewView> {
    return this.commands.execute(new AnswerReviewCommand(id, null));
  }
}

/** What people think of a place, one review each. */
@ApiTags('places')
@Controller('places/:id/reviews')
export class ReviewsOfPlaceController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('places:read', 'places:browse')
  @Problems('location.place-not-found')
  @ApiOperation({
    operationId: 'listPlaceReviews',
    summary: 'List reviews of a place',
    description: 'Without hidden ones of others. Sorts: createdAt (default -createdAt), stars.',
  })
  @ApiOkResponse({ type: pageOf(PlaceReviewView) })
  list(
    @IdParam() id: string,
    @Query() query: ListPlaceReviewsParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<PlaceReviewView>> {
    const reader = { userId: principal.userId, listedAlone: listedAlone(principal) };
    return this.queries.execute(new ListReviewsQuery(id, query, reader));
  }

  @Get('mine')
  @Allow('place-reviews:write-own')
  @Problems('location.review-not-found')
  @ApiOperation({ operationId: 'getOwnPlaceReview', summary: 'Read one’s review of a place' })
  @ApiOkResponse({ type: PlaceReviewView })
  own(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<PlaceReviewView> {
    return this.queries.execute(new FindOwnReviewQuery(id, reviewer(principal)));
  }

  @Put('mine')
  @Allow('place-reviews:write-own')
  @Problems('location.place-not-found', 'location.review-hidden')
  @ApiOperation({
    operationId: 'writePlaceReview',
    summary: 'Write one’s review of a place, or write it anew',
    description: 'Written anew it loses the answer, which was to something else.',
  })
  @ApiOkResponse({ type: PlaceReviewView })
  write(
    @IdParam() id: string,
    @Body() { stars, text = null, byline = null }: WritePlaceReviewBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PlaceReviewView> {
    return this.commands.execute(new WriteReviewCommand(id, reviewer(principal), { stars, text, byline }));
  }

  @Delete('mine')
  @HttpCode(204)
  @Allow('place-reviews:write-own')
  @Problems('location.place-not-found', 'location.review-not-found')
  @ApiOperation({
    operationId: 'deletePlaceReview',
    summary: 'Delete one’s review of a place',
    description: 'Of a hidden one the words go; another may be written once whoever hid it lets it be seen.',
  })
  @ApiNoContentResponse()
  delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.commands.execute(new DeleteReviewCommand(id, reviewer(principal)));
  }
}
