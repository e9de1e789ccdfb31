import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AssignmentRepository } from '../data/assignment.repository';
import { DispatchRepository } from '../data/dispatch.repository';
import { FleetRepository } from '../data/fleet.repository';
import { classFixed, fleetNotFound, routesOpen, stale, vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import { Vehicle, type VehicleChange, type VehicleClass, type VehicleState } from '../domain/vehicle';
import { FindVehicleQuery, type VehicleFacts } from '../queries/vehicles';
import { DeviceFollower } from './device-follower';

/** @throws AppError invalid `fleet.vin-invalid`, `fleet.calibration-invalid`, conflict `fleet.vin-taken`, `fleet.plate-taken` */
export class CreateFleetVehicleCommand extends Command<VehicleFacts> {
  constructor(readonly vehicle: VehicleChange & { name: string; class: VehicleClass }) {
    super();
  }
}

/**
 * @param version that the caller saw (If-Match); null where it does not matter
 * @throws as `CreateFleetVehicleCommand`, and AppError not-found `fleet.vehicle-not-found`, precondition-failed
 *   `fleet.stale`, conflict `fleet.class-fixed`, `fleet.vehicle-retired`
 */
export class ChangeFleetVehicleCommand extends Command<VehicleFacts> {
  constructor(
    readonly vehicleId: string,
    readonly change: VehicleChange,
    readonly version: number | null = null,
  ) {
    super();
  }
}

/**
 * Takes a vehicle out of service, back in, or for good; whatever was with a vehicle that is retired ends then.
 * @throws AppError not-found `fleet.vehicle-not-found`, conflict `fleet.vehicle-state`, `fleet.routes-open`
 */
export class MoveFleetVehicleCommand extends Command<VehicleFacts> {
  constructor(
    readonly vehicleId: string,
    readonly state: VehicleState,
    readonly reason: string | null,
  ) {
    super();
  }
}

@CommandHandler(CreateFleetVehicleCommand)
export class CreateFleetVehicleHandler implements ICommandHandler<CreateFleetVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
  ) {}

  execute({ vehicle: data }: CreateFleetVehicleCommand): Promise<VehicleFacts> {
    return this.uow.run(async () => {
      if (data.fleetId && !(await this.fleets.fleet(data.fleetId))) throw fleetNotFound();
      const vehicle = Vehicle.create(data, this.clock.now());
      await this.fleets.save(vehicle);
      return this.queries.execute(new FindVehicleQuery(vehicle.id));
    });
  }
}

@CommandHandler(ChangeFleetVehicleCommand)
export class ChangeFleetVehicleHandler implements ICommandHandler<ChangeFleetVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly devices: DeviceFollower,
  ) {}

  execute({ vehicleId, change, version }: ChangeFleetVehicleCommand): Promise<VehicleFacts> {
    return this.uow.run(async (tx) => {
      // A fleet is locked before its vehicles, whoever locks both.
      if (change.fleetId && !(await this.fleets.fleet(change.fleetId))) throw fleetNotFound();
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      if (version !== null && version !== vehicle.version) throw stale(vehicle.version);
      if (vehicle.state === 'retired') throw vehicleRetired();
      if (change.class && (change.class === 'trailer') !== (vehicle.kind === 'trailer')) throw classFixed();
      const { fleetId } = vehicle;
      vehicle.change(change, this.clock.now());
      await this.fleets.save(vehicle);
      if (vehicle.fleetId !== fleetId) await this.devices.followFleet(tx, vehicleId, vehicle.fleetId);
      return this.queries.execute(new FindVehicleQuery(vehicleId));
    });
  }
}

@CommandHandler(MoveFleetVehicleCommand)
export class MoveFleetVehicleHandler implements ICommandHandler<MoveFleetVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly dispatches: DispatchRepository,
    private readonly devices: DeviceFollower,
  ) {}

  execute({ vehicleId, state, reason }: MoveFleetVehicleCommand): Promise<VehicleFacts> {
    return this.uow.run(async (tx) => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      const now = this.clock.now();
      vehicle.moveTo(state, reason, now);
      if (state === 'retired' && (await this.dispatches.hasOpen({ vehicleId }))) throw routesOpen('vehicle');
      await this.fleets.save(vehicle);
      if (state === 'retired') {
        const end = await this.assignments.now();
        for (const ended of await this.assignments.endAll({ vehicleId }, end))
          if (ended.kind === 'device') await this.devices.follow(tx, ended.subjectId, [], end);
      }
      return this.queries.execute(new FindVehicleQuery(vehicleId));
    });
  }
}
