import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { RoadSelection, TrafficRule } from '../contracts/stored-traffic';
import { TrafficRepository } from '../data/traffic.repository';
import {
  overrideEnded,
  overrideNotFound,
  profileNotFound,
  profileTaken,
  tooManyOverrides,
  tooManyProfiles,
  trafficInvalid,
} from '../domain/route.errors';
import { faultsOfProfile, faultsOfRoads, wholeWeeks, type TrafficFault } from '../domain/traffic-profile';
import { overrideOf, profileOf, type RoadOverride, type TrafficProfile } from '../queries/traffic';

/** @throws AppError invalid `location.traffic-invalid`, conflict `location.traffic-profile-taken`, `location.too-many-traffic-profiles` */
export class CreateTrafficProfileCommand extends Command<TrafficProfile> {
  constructor(
    readonly request: { name: string; timeZone: string; rules: readonly TrafficRule[]; isDefault?: boolean },
  ) {
    super();
  }
}

/** @throws AppError as above, and not-found `location.traffic-profile-not-found` */
export class ChangeTrafficProfileCommand extends Command<TrafficProfile> {
  constructor(
    readonly profileId: string,
    readonly changes: { name?: string; timeZone?: string; rules?: readonly TrafficRule[]; isDefault?: boolean },
  ) {
    super();
  }
}

/** @throws AppError not-found `location.traffic-profile-not-found` */
export class DeleteTrafficProfileCommand extends Command<void> {
  constructor(readonly profileId: string) {
    super();
  }
}

export interface OverrideRequest extends Omit<RoadSelection, 'area'> {
  /** Null: none; a change takes it away. */
  area?: RoadSelection['area'] | null;
  /** How many times longer it takes; closed roads have none. */
  factor?: number;
  closed?: boolean;
  reason: string;
  /** RFC 3339; default: now. */
  from?: string;
  /** RFC 3339; without, no end is known. */
  until?: string | null;
}

/** Says that roads are slow or closed. @throws AppError invalid `location.traffic-invalid`, conflict `location.too-many-road-overrides` */
export class CreateRoadOverrideCommand extends Command<RoadOverride> {
  constructor(readonly request: OverrideRequest) {
    super();
  }
}

/** @throws AppError as above; not-found `location.road-override-not-found`, conflict `location.road-override-ended` */
export class ChangeRoadOverrideCommand extends Command<RoadOverride> {
  constructor(
    readonly overrideId: string,
    readonly changes: Partial<OverrideRequest>,
  ) {
    super();
  }
}

/** Ends it at once; an ended one stays as it is. @throws AppError not-found `location.road-override-not-found` */
export class EndRoadOverrideCommand extends Command<void> {
  constructor(readonly overrideId: string) {
    super();
  }
}

const refuse = (faults: readonly TrafficFault[]): void => {
  if (faults.length > 0) throw trafficInvalid(faults);
};

@CommandHandler(CreateTrafficProfileCommand)
export class CreateTrafficProfileHandler implements ICommandHandler<CreateTrafficProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly traffic: TrafficRepository,
  ) {}

  execute({ request }: CreateTrafficProfileCommand): Promise<TrafficProfile> {
    refuse(faultsOfProfile(request));
    const { isDefault = false } = request;
    return this.uow.run(async (tx) => {
      const row = await this.traffic.insertProfile(tx, { ...request, isDefault, rules: wholeWeeks(request.rules) });
      if (row === 'taken') throw profileTaken();
      if (row === 'full') throw tooManyProfiles();
      return profileOf(row);
    });
  }
}

@CommandHandler(ChangeTrafficProfileCommand)
export class ChangeTrafficProfileHandler implements ICommandHandler<ChangeTrafficProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly traffic: TrafficRepository,
  ) {}

  execute({ profileId, changes }: ChangeTrafficProfileCommand): Promise<TrafficProfile> {
    refuse(faultsOfProfile(changes));
    const rules = changes.rules && wholeWeeks(changes.rules);
    return this.uow.run(async (tx) => {
      const row = await this.traffic.changeProfile(tx, profileId, { ...changes, rules });
      if (row === 'taken') throw profileTaken();
      if (!row) throw profileNotFound();
      return profileOf(row);
    });
  }
}

@CommandHandler(DeleteTrafficProfileCommand)
export class DeleteTrafficProfileHandler implements ICommandHandler<DeleteTrafficProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly traffic: TrafficRepository,
  ) {}

  async execute({ profileId }: DeleteTrafficProfileCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      if (!(await this.traffic.removeProfile(tx, profileId))) throw profileNotFound();
    });
  }
}

/** One of `factor` and `closed`, and an end that comes after the beginning. */
function faultsOf(given: {
  factor: number | null;
  closed: boolean;
  startsAt: Date;
  endsAt: Date | null;
}): TrafficFault[] {
  const faults: TrafficFault[] = [];
  if ((given.factor === null) !== given.closed)
    faults.push({ pointer: '/factor', code: 'factor-or-closed', detail: 'Tell its `factor`, or that it is `closed`.' });
  if (given.endsAt && given.endsAt <= given.startsAt)
    faults.push({ pointer: '/until', code: 'ends-before', detail: 'It ends after it begins.' });
  return faults;
}

const selectionOf = ({ area, wayIds, kinds }: Partial<OverrideRequest>): RoadSelection => ({
  ...{ area: area ?? undefined, wayIds, kinds },
});

@CommandHandler(CreateRoadOverrideCommand)
export class CreateRoadOverrideHandler implements ICommandHandler<CreateRoadOverrideCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly traffic: TrafficRepository,
  ) {}

  execute({ request }: CreateRoadOverrideCommand): Promise<RoadOverride> {
    const { factor = null, closed = false, reason, from, until } = request;
    const startsAt = from === undefined ? this.clock.now() : new Date(from);
    const endsAt = until == null ? null : new Date(until);
    refuse([...faultsOfRoads(selectionOf(request), '', true), ...faultsOf({ factor, closed, startsAt, endsAt })]);
    return this.uow.run(async (tx) => {
      const row = await this.traffic.insertOverride(tx, {
        roads: selectionOf(request),
        factor,
        reason,
        startsAt,
        endsAt,
      });
      if (!row) throw tooManyOverrides();
      return overrideOf(row, this.clock.now());
    });
  }
}

@CommandHandler(ChangeRoadOverrideCommand)
export class ChangeRoadOverrideHandler implements ICommandHandler<ChangeRoadOverrideCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly traffic: TrafficRepository,
  ) {}

  execute({ overrideId, changes }: ChangeRoadOverrideCommand): Promise<RoadOverride> {
    return this.uow.run(async (tx) => {
      const row = await this.traffic.lockOverride(tx, overrideId);
      if (!row) throw overrideNotFound();
      if (row.ended) throw overrideEnded();
      const { factor: told, closed: shut, from, until, reason = row.reason, ...roads } = changes;
      // Who tells the one takes back the other.
      const closed = shut ?? (told === undefined ? row.factor === null : false);
      const factor = told ?? (closed || shut === false ? null : row.factor);
      const startsAt = from === undefined ? row.starts_at : new Date(from);
      const endsAt = until === undefined ? row.ends_at : until === null ? null : new Date(until);
      const selection = { ...row.roads, ...(JSON.parse(JSON.stringify(selectionOf(roads))) as RoadSelection) };
      if (roads.area === null) delete selection.area;
      refuse([...faultsOfRoads(selection, '', true), ...faultsOf({ factor, closed, startsAt, endsAt })]);
      const saved = { ...row, roads: selection, factor, reason, starts_at: startsAt, ends_at: endsAt };
      return overrideOf(await this.traffic.saveOverride(tx, saved), this.clock.now());
    });
  }
}

@CommandHandler(EndRoadOverrideCommand)
export class EndRoadOverrideHandler implements ICommandHandler<EndRoadOverrideCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly traffic: TrafficRepository,
  ) {}

  async execute({ overrideId }: EndRoadOverrideCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const row = await this.traffic.lockOverride(tx, overrideId);
      if (!row) throw overrideNotFound();
      if (!row.ended) await this.traffic.saveOverride(tx, { ...row, ends_at: this.clock.now() });
    });
  }
}
