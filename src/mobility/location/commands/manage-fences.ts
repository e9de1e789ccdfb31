import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FenceRepository } from '../data/fence.repository';
import { Breather } from '../../../kernel/lifecycle/breather';
import { badSchedule, badShape, fenceNotFound, tooManyFences } from '../domain/location.errors';
import type { OpeningHours } from '../domain/opening-hours';
import { positionsOf, readingShape, type Shape } from '../domain/shape';
import { readSchedule, type FenceSchedule } from '../domain/watch';
import { fenceOf, type Geofence } from '../queries/fences';

/** @throws AppError invalid `location.shape-invalid`, or `location.schedule-invalid`, which name the place; conflict `location.too-many-geofences` */
export class CreateGeofenceCommand extends Command<Geofence> {
  constructor(
    readonly request: { name: string; shape: unknown; dwellSeconds: number | null; schedule?: FenceSchedule | null },
  ) {
    super();
  }
}

/** A new shape or schedule is taken up where trackers are, without events. @throws AppError as above, and not-found `location.geofence-not-found` */
export class ChangeGeofenceCommand extends Command<Geofence> {
  constructor(
    readonly geofenceId: string,
    readonly changes: { name?: string; shape?: unknown; dwellSeconds?: number | null; schedule?: FenceSchedule | null },
  ) {
    super();
  }
}

/** Its events stay. @throws AppError not-found `location.geofence-not-found` */
export class DeleteGeofenceCommand extends Command<void> {
  constructor(readonly geofenceId: string) {
    super();
  }
}

async function shapeOf(raw: unknown): Promise<Shape> {
  const shape = await new Breather().run(readingShape(raw));
  if ('code' in shape) throw badShape(shape);
  return shape;
}

function hoursOf(schedule: FenceSchedule | null): OpeningHours | null {
  const hours = schedule && readSchedule(schedule);
  if (hours && 'code' in hours) throw badSchedule(hours);
  return hours;
}

@CommandHandler(CreateGeofenceCommand)
export class CreateGeofenceHandler implements ICommandHandler<CreateGeofenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fences: FenceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ request: { name, shape, dwellSeconds, schedule = null } }: CreateGeofenceCommand): Promise<Geofence> {
    const hours = hoursOf(schedule);
    const fence = {
      id: newId(),
      name,
      shape: await shapeOf(shape),
      dwellSeconds,
      schedule: hours,
      at: this.clock.now(),
    };
    return this.uow.run(async (tx) => {
      if (!(await this.fences.makeRoom(tx, 1, positionsOf(fence.shape)))) throw tooManyFences();
      return fenceOf(await this.fences.insert(tx, fence));
    });
  }
}

@CommandHandler(ChangeGeofenceCommand)
export class ChangeGeofenceHandler implements ICommandHandler<ChangeGeofenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fences: FenceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ geofenceId, changes }: ChangeGeofenceCommand): Promise<Geofence> {
    const schedule = changes.schedule === undefined ? undefined : hoursOf(changes.schedule);
    const shape = changes.shape === undefined ? undefined : await shapeOf(changes.shape);
    return this.uow.run(async (tx) => {
      const before = await this.fences.lockPositions(tx, geofenceId);
      if (before === null) throw fenceNotFound();
      if (shape && !(await this.fences.makeRoom(tx, 0, positionsOf(shape) - before))) throw tooManyFences();
      const row = await this.fences.change(tx, geofenceId, { ...changes, shape, schedule }, this.clock.now());
      if (!row) throw fenceNotFound();
      return fenceOf(row);
    });
  }
}

@CommandHandler(DeleteGeofenceCommand)
export class DeleteGeofenceHandler implements ICommandHandler<DeleteGeofenceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fences: FenceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ geofenceId }: DeleteGeofenceCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const positions = await this.fences.remove(tx, geofenceId, this.clock.now());
      if (positions === null) throw fenceNotFound();
      await this.fences.makeRoom(tx, -1, -positions);
    });
  }
}
