import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FenceRepository } from '../data/fence.repository';
import { fenceNotFound } from '../domain/location.errors';
import type { FollowedType } from '../queries/alerts';

/** The caller is notified of what happens at a geofence from now on. @throws AppError not-found `location.geofence-not-found` */
export class FollowGeofenceCommand extends Command<{ types: FollowedType[] }> {
  constructor(
    readonly geofenceId: string,
    readonly types: readonly FollowedType[],
  ) {
    super();
  }
}

/** The caller is notified no more; nothing happens where it was not. @throws AppError not-found `location.geofence-not-found` */
export class UnfollowGeofenceCommand extends Command<void> {
  constructor(readonly geofenceId: string) {
    super();
  }
}

@CommandHandler(FollowGeofenceCommand)
export class FollowGeofenceHandler implements ICommandHandler<FollowGeofenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fences: FenceRepository,
  ) {}

  execute({ geofenceId, types }: FollowGeofenceCommand): Promise<{ types: FollowedType[] }> {
    const wanted = [...new Set(types)];
    return this.uow.run(async (tx) => {
      const followed = await this.fences.follow(tx, geofenceId, currentContext().principal.userId!, wanted);
      if (!followed) throw fenceNotFound();
      return { types: wanted };
    });
  }
}

@CommandHandler(UnfollowGeofenceCommand)
export class UnfollowGeofenceHandler implements ICommandHandler<UnfollowGeofenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fences: FenceRepository,
  ) {}

  async execute({ geofenceId }: UnfollowGeofenceCommand): Promise<void> {
    const { userId } = currentContext().principal;
    await this.uow.run(async (tx) => {
      if (!(await this.fences.unfollow(tx, geofenceId, userId!))) throw fenceNotFound();
    });
  }
}
