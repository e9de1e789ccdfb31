import { AskForRoutesCommand } from '../../src/mobility/location/commands/ask-for-routes';
import { RoutePlanningModule } from '../../src/mobility/location/route-planning.module';
import type { FleetDesk } from './fleet-desk';

/** What plans routes, for tests of the fleet. */
export const PLAN_MODULES = [RoutePlanningModule];

/** Asks for a plan of routes, which is made when the desk settles. @returns its id */
export const askForPlan = async (desk: FleetDesk, request: object): Promise<string> =>
  (await desk.act(new AskForRoutesCommand(request as AskForRoutesCommand['request']))).jobId;
