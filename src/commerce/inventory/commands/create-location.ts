import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { LocationRepository } from '../data/location.repository';
import { locationCodeTaken } from '../domain/inventory.errors';
import { Location } from '../domain/location';

export interface LocationView {
  id: string;
  code: string;
  name: string;
  isDefault: boolean;
  active: boolean;
  /** Counts its changes; what `If-Match` names. */
  version: number;
}

export const locationViewOf = ({ id, code, name, isDefault, active, version }: LocationView): LocationView => ({
  id,
  code,
  name,
  isDefault,
  active,
  version,
});

/** Opens a further location. @throws AppError conflict `inventory.location-code-taken` */
export class CreateLocationCommand extends Command<LocationView> {
  constructor(readonly request: { code: string; name: string }) {
    super();
  }
}

@CommandHandler(CreateLocationCommand)
export class CreateLocationHandler implements ICommandHandler<CreateLocationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly locations: LocationRepository,
    private readonly limits: ResourceLimits,
  ) {}

  execute({ request }: CreateLocationCommand): Promise<LocationView> {
    return this.uow.run(async (tx) => {
      // A shop always has its default location first, so that a further one never becomes it by accident.
      await this.locations.defaultId();
      await this.limits.assertWithin(tx, 'locations');
      const location = Location.open(request.code, request.name);
      await tx.store.insert(location).catch((error: unknown) => {
        throw (error as { code?: string }).code === '23505' ? locationCodeTaken(request.code) : error;
      });
      return locationViewOf(location);
    });
  }
}
