import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { TrackerGivenVehicle } from '../../location/contracts/tracker-events';
import { DeviceDesk } from '../commands/device-desk';

/** A tracker that is entered with a vehicle is assigned to it, so that trips and who follows the fleet have it. */
@Reaction({
  name: 'fleet.assign-when-tracker-given-vehicle',
  on: TrackerGivenVehicle,
  orderingKey: ({ aggregateId }) => aggregateId,
})
export class AssignWhenTrackerGivenVehicle implements Reacts<TrackerGivenVehicle> {
  constructor(private readonly desk: DeviceDesk) {}

  react({ payload, at }: StoredEvent<TrackerGivenVehicle>, tx: Transaction): Promise<void> {
    return this.desk.give(tx, { ...payload, at });
  }
}
