import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AlertRepository } from '../data/alert.repository';
import { LocationRepository } from '../data/location.repository';
import {
  defaultLocation,
  locationCodeTaken,
  locationInUse,
  locationNotFound,
  staleLocation,
} from '../domain/inventory.errors';
import { Location, type LocationChange } from '../domain/location';
import { locationViewOf, type LocationView } from './create-location';

/**
 * Changes what is named. A location is closed (`active: false`) once nothing lies there, is on its way there or is planned
 * with it; then nothing is put there any more, and nothing is told of it as short. Goods that customers send back to it open
 * it again.
 * @param version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `inventory.location-not-found`, precondition-failed `inventory.location-stale`, conflict
 *   `inventory.location-code-taken`, `inventory.location-in-use`, `inventory.default-location`
 */
export class ChangeLocationCommand extends Command<LocationView> {
  constructor(
    readonly locationId: string,
    readonly change: LocationChange,
    readonly version: number | null = null,
  ) {
    super();
  }
}

@CommandHandler(ChangeLocationCommand)
export class ChangeLocationHandler implements ICommandHandler<ChangeLocationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly locations: LocationRepository,
    private readonly alerts: AlertRepository,
  ) {}

  execute({ locationId, change, version }: ChangeLocationCommand): Promise<LocationView> {
    return this.uow.run(async (tx) => {
      // Whoever puts something there holds the row meanwhile (`LocationRepository.active`): what is seen from here on stays so.
      const location = await tx.store.load(Location, locationId, { lock: 'no-key-update' });
      if (!location) throw locationNotFound();
      if (version !== null && version !== location.version) throw staleLocation(location.version);
      if (location.active && change.active === false) {
        if (location.isDefault) throw defaultLocation();
        const use = await this.locations.useOf(location.id);
        if (Object.values(use).some((count) => count > 0)) throw locationInUse(location.code, use);
        await this.alerts.resolveAt(location.id);
      }
      location.change(change);
      await tx.store.save(location).catch((error: unknown) => {
        throw (error as { code?: string }).code === '23505' ? locationCodeTaken(location.code) : error;
      });
      return locationViewOf(location);
    });
  }
}
