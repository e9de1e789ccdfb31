import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FleetRepository } from '../data/fleet.repository';
import { reasonRequired, vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import type { Meter, ReadingKind } from '../domain/meter';
import { FindReadingQuery, type ReadingFacts } from '../queries/readings';
import { MeterDesk } from './meter-desk';
import { OwnVehicles } from './own-vehicles';

/**
 * Keeps what a meter of a vehicle shows. The same again changes nothing.
 * @throws AppError not-found `fleet.vehicle-not-found` (also for a driver who does not drive it now), conflict
 *   `fleet.meter-backwards`, `fleet.reading-not-latest`, `fleet.reading-exists`, `fleet.vehicle-retired`, invalid
 *   `fleet.reading-ahead`, `fleet.reason-required`; forbidden `fleet.not-for-drivers` for corrections and replacements
 */
export class RecordReadingCommand extends Command<ReadingFacts> {
  constructor(
    readonly vehicleId: string,
    readonly reading: { meter: Meter; kind: ReadingKind; shown: number; at?: Date; reason: string | null },
  ) {
    super();
  }
}

@CommandHandler(RecordReadingCommand)
export class RecordReadingHandler implements ICommandHandler<RecordReadingCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly own: OwnVehicles,
    private readonly desk: MeterDesk,
  ) {}

  execute({ vehicleId, reading }: RecordReadingCommand): Promise<ReadingFacts> {
    return this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      await this.own.demand(vehicleId);
      if (reading.kind !== 'reading') this.own.demandAll();
      if (vehicle.state === 'retired') throw vehicleRetired();
      const { meter, kind, shown } = reading;
      const reason = kind === 'reading' ? null : reading.reason;
      if (kind !== 'reading' && !reason) throw reasonRequired();
      const at = reading.at ?? this.clock.now();
      await this.desk.record(vehicle, { meter, kind, shown, at, source: 'manual', reason });
      return this.queries.execute(new FindReadingQuery(vehicleId, meter, at));
    });
  }
}
