import type { ActionList } from './action';

/** Vehicles and where they go. One line each, in alphabetical order. */
export const MOBILITY: ActionList = {
  AskForRoutes: ['data', 'A plan of routes was asked for.'],
  CancelRouteJob: ['data', 'The planning of routes was stopped.'],
  RunRouteJob: ['system', 'Routes were planned.'],
};
