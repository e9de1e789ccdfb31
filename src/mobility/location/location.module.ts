import { Module } from '@nestjs/common';
import { TrackingChannel } from './adapters/tracking-channel';
import { AskReplaysAgainHandler } from './commands/ask-replays-again';
import { FollowGeofenceHandler, UnfollowGeofenceHandler } from './commands/follow-fences';
import { FenceBook } from './commands/fence-book';
import { ChangeGeofenceHandler, CreateGeofenceHandler, DeleteGeofenceHandler } from './commands/manage-fences';
import {
  AssignTrackerHandler,
  MoveTrackersOfVehicleHandler,
  ChangeTrackerHandler,
  ChangeTrackerKeyHandler,
  CreateTrackerHandler,
  DeleteTrackerHandler,
} from './commands/manage-trackers';
import { BatchWriter } from './commands/batch-writer';
import { EraseTrackerHandler } from './commands/erase-tracker';
import { ImportTrackHandler } from './commands/import-track';
import { PositionWriter } from './commands/position-writer';
import { RecordPositionsHandler } from './commands/record-positions';
import { ReplayTrackHandler } from './commands/replay-track';
import { TellDwellsHandler } from './commands/tell-dwells';
import { TrackerAllowance } from './commands/tracker-allowance';
import { FenceRepository } from './data/fence.repository';
import { TrackRepository } from './data/track.repository';
import { TrackerRepository } from './data/tracker.repository';
import { AnalyticsController } from './http/analytics.controller';
import { DevMapController } from './http/dev-map.controller';
import { GeofencesController } from './http/geofences.controller';
import { LocationController } from './http/location.controller';
import { TrackImportsController } from './http/track-imports.controller';
import { TrackersController } from './http/trackers.controller';
import { EraseTracker } from './jobs/erase-tracker';
import { LocationSchedule } from './jobs/location-schedule';
import { ReplayTracker } from './jobs/replay-tracker';
import { FindGeofenceHandler, ListFenceEventsHandler, ListGeofencesHandler } from './queries/fences';
import { FollowedHandler, GeofenceAlertHandler } from './queries/alerts';
import {
  FindTrackersHandler,
  LatestPositionsHandler,
  PositionsOfTrackerHandler,
  TripsOfTrackerHandler,
} from './queries/for-others';
import { AnalyticsHandler } from './queries/analytics';
import { CountedPositions } from './queries/counted-positions';
import { HeatMapHandler } from './queries/heat-map';
import { HistoryHandler } from './queries/history';
import { ListLatestPositionsHandler } from './queries/latest';
import {
  FindTrackerHandler,
  KnownTrackersHandler,
  ListTrackersHandler,
  TrackerByIdHandler,
  TrackerOfKeyHandler,
} from './queries/trackers';
import { SpeedProfileHandler } from './queries/speed-profile';
import { TrackReader } from './queries/track-reader';
import { ForgetFollowerWhenAccountDeleted } from './reactions/forget-follower-when-account-deleted';
import { MqttIngest } from './realtime/mqtt-ingest';
import { TrackingGateway } from './realtime/tracking.gateway';

/** Trackers, their positions, and the fences that they are watched at. */
@Module({
  controllers: [
    TrackersController,
    LocationController,
    AnalyticsController,
    TrackImportsController,
    GeofencesController,
    DevMapController,
  ],
  providers: [
    TrackerRepository,
    TrackRepository,
    FenceRepository,
    TrackingChannel,
    FenceBook,
    PositionWriter,
    BatchWriter,
    TrackerAllowance,
    CreateTrackerHandler,
    ChangeTrackerHandler,
    ChangeTrackerKeyHandler,
    DeleteTrackerHandler,
    EraseTrackerHandler,
    AssignTrackerHandler,
    MoveTrackersOfVehicleHandler,
    RecordPositionsHandler,
    ImportTrackHandler,
    ReplayTrackHandler,
    TellDwellsHandler,
    AskReplaysAgainHandler,
    CreateGeofenceHandler,
    ChangeGeofenceHandler,
    DeleteGeofenceHandler,
    FollowGeofenceHandler,
    UnfollowGeofenceHandler,
    FollowedHandler,
    GeofenceAlertHandler,
    ListTrackersHandler,
    FindTrackerHandler,
    KnownTrackersHandler,
    TrackerOfKeyHandler,
    TrackerByIdHandler,
    ListGeofencesHandler,
    FindGeofenceHandler,
    ListFenceEventsHandler,
    TrackReader,
    HistoryHandler,
    CountedPositions,
    AnalyticsHandler,
    SpeedProfileHandler,
    HeatMapHandler,
    FindTrackersHandler,
    LatestPositionsHandler,
    TripsOfTrackerHandler,
    PositionsOfTrackerHandler,
    ListLatestPositionsHandler,
    ReplayTracker,
    EraseTracker,
    ForgetFollowerWhenAccountDeleted,
    LocationSchedule,
    TrackingGateway,
    MqttIngest,
  ],
})
export class LocationModule {}
