import type { ActionList } from './action';

/** Trackers and geofences, vehicles and where they go. One line each, in alphabetical order. */
export const MOBILITY: ActionList = {
  AskForRoutes: ['data', 'A plan of routes was asked for.'],
  AskReplaysAgain: ['system', 'Tracks that waited too long were asked to be followed anew.'],
  AssignTracker: ['data', 'A tracker was put into a vehicle, or taken out.'],
  CancelRouteJob: ['data', 'The planning of routes was stopped.'],
  ChangeGeofence: ['data', 'A geofence was changed.'],
  ChangeTracker: ['data', 'A tracker was changed.'],
  ChangeTrackerKey: ['privileged', 'A tracker was given a new key.'],
  CreateGeofence: ['data', 'A geofence was drawn.'],
  CreateTracker: ['privileged', 'A tracker was entered.'],
  DeleteGeofence: ['data', 'A geofence was deleted.'],
  DeleteTracker: ['privileged', 'A tracker was deleted, with all that it told.'],
  EraseTracker: ['system', 'Positions of a deleted tracker were erased.'],
  FollowGeofence: ['data', 'Somebody began to follow a geofence, or follows other things at it.'],
  ImportRoads: ['system', 'The road network of the installation was made anew.'],
  RecordPositions: ['data', 'Positions of trackers were told.'],
  ImportTrack: ['data', 'A track was imported from a file.'],
  ReplayTrack: ['system', 'A track was followed anew after late positions.'],
  RunRouteJob: ['system', 'Routes were planned.'],
  TellDwells: ['system', 'Dwells of silent trackers were told.'],
  UnfollowGeofence: ['data', 'Somebody follows a geofence no more.'],
};
