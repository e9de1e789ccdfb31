import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { FuelLevelChanged } from '../contracts/fleet-events';
import type { FuelUnit } from '../domain/fuel';
import { FindFuelChangeQuery } from '../queries/fuel-levels';
import { NamesOfQuery } from '../queries/names';
import { tellStaff } from './tell-staff';

/** A thousand of the smallest. */
const UNIT: Record<FuelUnit, string> = { ml: 'l', g: 'kg', wh: 'kWh' };

/** Whoever runs the fleet hears that fuel was lost while a vehicle stood. */
@Reaction({ name: 'fleet.tell-when-fuel-lost', on: FuelLevelChanged })
export class TellWhenFuelLost implements Reacts<FuelLevelChanged> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<FuelLevelChanged>): Promise<void> {
    const { changeId, vehicleId, kind, quantity, at } = payload;
    if (kind !== 'drop') return;
    const { vehicle } = await this.queries.execute(new NamesOfQuery({ vehicleId }));
    const title = `Fuel lost: ${vehicle}`;
    const { unit } = await this.queries.execute(new FindFuelChangeQuery(changeId));
    const body = `About ${Math.round(quantity / 1000)} ${UNIT[unit ?? 'ml']} left the tank of ${vehicle} while it stood, from ${at.slice(0, 16).replace('T', ' ')} UTC on. Confirm or dismiss it.`;
    await tellStaff(
      { commands: this.commands, queries: this.queries },
      { title, body, dedupeKey: `fleet-fuel/${changeId}` },
    );
  }
}
