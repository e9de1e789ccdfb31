import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ImportPlaceFileHandler } from './commands/import-place-file';
import { ImportPlacesHandler } from './commands/import-places';
import { CreatePlaceKindHandler, DeletePlaceKindHandler } from './commands/manage-place-kinds';
import { ChangePlaceHandler, CreatePlaceHandler, DeletePlaceHandler } from './commands/manage-places';
import { AnswerReviewHandler, ModerateReviewHandler } from './commands/moderate-reviews';
import {
  TellAvailabilityHandler,
  TellPricesHandler,
  WithdrawAvailabilityHandler,
  WithdrawPriceHandler,
} from './commands/tell-of-places';
import { DeleteReviewHandler, ReportReviewHandler, WriteReviewHandler } from './commands/write-reviews';
import { PlaceRepository } from './data/place.repository';
import { ReviewRepository } from './data/review.repository';
import { Place } from './domain/place';
import { PlaceImportsController } from './http/place-imports.controller';
import { PlaceKindsController } from './http/place-kinds.controller';
import { PlaceReviewsController, ReviewsOfPlaceController } from './http/place-reviews.controller';
import { PlacesController } from './http/places.controller';
import { PlacesRetention } from './jobs/places-retention';
import { NearbyByDrivingHandler } from './queries/nearby-by-driving';
import { NearbyPlacesHandler } from './queries/nearby-places';
import { FindPlaceHandler, ListPlaceKindsHandler, ListPlacePricesHandler, ListPlacesHandler } from './queries/places';
import {
  FindOwnReviewHandler,
  FindReviewHandler,
  ListModeratedReviewsHandler,
  ListReviewsHandler,
} from './queries/reviews';
import { ForgetReviewerWhenAccountDeleted } from './reactions/forget-reviewer-when-account-deleted';

/** Places, what is told of them, and reviews. */
@Module({
  imports: [TypeOrmModule.forFeature([Place])],
  controllers: [
    PlaceImportsController,
    PlaceKindsController,
    PlaceReviewsController,
    ReviewsOfPlaceController,
    PlacesController,
  ],
  providers: [
    PlaceRepository,
    ReviewRepository,
    CreatePlaceHandler,
    ChangePlaceHandler,
    DeletePlaceHandler,
    ImportPlacesHandler,
    ImportPlaceFileHandler,
    CreatePlaceKindHandler,
    DeletePlaceKindHandler,
    TellPricesHandler,
    TellAvailabilityHandler,
    WithdrawPriceHandler,
    WithdrawAvailabilityHandler,
    WriteReviewHandler,
    DeleteReviewHandler,
    ReportReviewHandler,
    ModerateReviewHandler,
    AnswerReviewHandler,
    NearbyPlacesHandler,
    NearbyByDrivingHandler,
    ListPlacesHandler,
    FindPlaceHandler,
    ListPlaceKindsHandler,
    ListPlacePricesHandler,
    ListReviewsHandler,
    ListModeratedReviewsHandler,
    FindReviewHandler,
    FindOwnReviewHandler,
    PlacesRetention,
    ForgetReviewerWhenAccountDeleted,
  ],
})
export class PlacesModule {}
