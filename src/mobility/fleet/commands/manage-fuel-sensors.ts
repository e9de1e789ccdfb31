import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FleetRepository } from '../data/fleet.repository';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { vehicleNotFound } from '../domain/fleet.errors';
import { fuelSensorNotFound, fuelSensorPoints, fuelSensorTaken } from '../domain/fuel.errors';
import { checkedCalibration, type CalibrationPoint } from '../domain/vehicle';
import { FindFuelSensorQuery, type FuelSensorFacts } from '../queries/fuel-levels';

/**
 * Says which attribute of the vehicle's tracker tells the level of the tank, and what its values mean, from a moment on. Without
 * points the vehicle's own table holds, else the values are percent of the tank.
 * @throws AppError not-found `fleet.vehicle-not-found`; invalid `fleet.calibration-invalid`, `fleet.fuel-sensor-points`; conflict
 *   `fleet.fuel-sensor-exists`
 */
export class CreateFuelSensorCommand extends Command<FuelSensorFacts> {
  constructor(readonly sensor: { vehicleId: string; attribute: string; from?: Date; points?: CalibrationPoint[] }) {
    super();
  }
}

/** What was made by it stays. @throws AppError not-found `fleet.fuel-sensor-not-found` */
export class DeleteFuelSensorCommand extends Command<void> {
  constructor(readonly sensorId: string) {
    super();
  }
}

@CommandHandler(CreateFuelSensorCommand)
export class CreateFuelSensorHandler implements ICommandHandler<CreateFuelSensorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly levels: FuelLevelRepository,
  ) {}

  execute({ sensor }: CreateFuelSensorCommand): Promise<FuelSensorFacts> {
    return this.uow.run(async () => {
      const { vehicleId, attribute, from = this.clock.now(), points } = sensor;
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      const percent = vehicle.tankCapacity === null ? [] : percentOf(vehicle.tankCapacity);
      const known = vehicle.calibration.length > 0 ? vehicle.calibration : percent;
      const table = checkedCalibration(points ?? known, '/points');
      if (table.length === 0 || table.some(({ amount }) => amount < 0)) throw fuelSensorPoints();
      const id = newId();
      const row = { id, vehicleId, attribute, from, points: table };
      if (!(await this.levels.insertSensor(row, currentContext().principal.userId))) throw fuelSensorTaken();
      return this.queries.execute(new FindFuelSensorQuery(id));
    });
  }
}

@CommandHandler(DeleteFuelSensorCommand)
export class DeleteFuelSensorHandler implements ICommandHandler<DeleteFuelSensorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly levels: FuelLevelRepository,
  ) {}

  execute({ sensorId }: DeleteFuelSensorCommand): Promise<void> {
    return this.uow.run(async () => {
      if (!(await this.levels.removeSensor(sensorId))) throw fuelSensorNotFound();
    });
  }
}

const percentOf = (tank: number): CalibrationPoint[] => [
  { raw: 0, amount: 0 },
  { raw: 100, amount: tank },
];
