import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AttachFilesCommand, DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { hasPermission } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { FleetRepository } from '../data/fleet.repository';
import { FuelEntryRepository, type FuelEntryRow } from '../data/fuel-entry.repository';
import { FuelCardRowRepository } from '../data/fuel-card-row.repository';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { driverNotFound, vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import { ownerOfReceipt, type Fuel } from '../domain/fuel';
import { entryOfCard } from '../domain/fuel-card.errors';
import { fuelAhead, fuelEntryNotFound, fuelNone } from '../domain/fuel.errors';
import type { Vehicle } from '../domain/vehicle';
import { FindFuelEntryQuery, type FuelEntryFacts } from '../queries/fuel-entries';
import { FuelCardDesk } from './fuel-card-desk';
import { MeterDesk } from './meter-desk';
import { OwnVehicles } from './own-vehicles';

/** Clocks of people and devices run ahead by this much at most. */
const AHEAD_MS = 300_000;

/** What can be said, and corrected later, of what was filled in. */
export interface FuelEntryFields {
  /** Who filled it in; undefined: who drove then. */
  driverId?: string | null;
  /** Undefined: what the vehicle is driven by. */
  fuelType?: Fuel;
  /** Millilitres, grams or watt hours. */
  quantity: number;
  /** The tank was full afterwards. */
  full: boolean;
  /** Of all of it; null: not known. */
  total: Money | null;
  station: string | null;
  location: { lat: number; lng: number } | null;
  note: string | null;
  fileId: string | null;
}

/**
 * Enters what was filled into a vehicle. An odometer that is told with it becomes a reading of the meter, and is judged as such. A
 * driver enters what it fills into the vehicle that it drives now.
 * @throws AppError not-found `fleet.vehicle-not-found`, `fleet.driver-not-found`, `files.file-not-found`; invalid `fleet.fuel-ahead`;
 *   conflict `fleet.fuel-none`, `fleet.vehicle-retired`, `fleet.meter-backwards`, `fleet.reading-exists`, `files.not-clean`
 */
export class EnterFuelCommand extends Command<FuelEntryFacts> {
  constructor(
    readonly vehicleId: string,
    /** `odometer`: what the meter showed, metres. */
    readonly entry: FuelEntryFields & { at: Date; odometer: number | null },
  ) {
    super();
  }
}

/**
 * Corrects what was filled in. When it was stays: that is deleted and entered anew. What the odometer showed is a reading of the meter,
 * which a correction of the meter puts right.
 * @throws AppError not-found `fleet.fuel-entry-not-found`, `fleet.driver-not-found`, `files.file-not-found`; conflict `files.not-clean`
 */
export class ChangeFuelEntryCommand extends Command<FuelEntryFacts> {
  constructor(
    readonly entryId: string,
    readonly change: Partial<FuelEntryFields>,
  ) {
    super();
  }
}

/** The reading of the meter stays. @throws AppError not-found `fleet.fuel-entry-not-found`, conflict `fleet.fuel-entry-of-card` */
export class DeleteFuelEntryCommand extends Command<void> {
  constructor(readonly entryId: string) {
    super();
  }
}

@CommandHandler(EnterFuelCommand)
export class EnterFuelHandler implements ICommandHandler<EnterFuelCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly entries: FuelEntryRepository,
    private readonly levels: FuelLevelRepository,
    private readonly own: OwnVehicles,
    private readonly desk: MeterDesk,
    private readonly cards: FuelCardDesk,
  ) {}

  execute({ vehicleId, entry }: EnterFuelCommand): Promise<FuelEntryFacts> {
    return this.uow.run(async () => {
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      await this.own.demand(vehicleId);
      const { at, fileId } = entry;
      if (at.getTime() > this.clock.nowMs() + AHEAD_MS) throw fuelAhead();
      if (vehicle.state === 'retired' && at >= vehicle.stateSince) throw vehicleRetired();
      const fuelType = entry.fuelType ?? vehicle.fuelType;
      if (fuelType === 'none') throw fuelNone();
      const driverId = await this.driverOf(vehicleId, entry);
      const id = newId();
      const row: FuelEntryRow = {
        ...{ id, vehicleId, driverId, at, fuelType, quantity: entry.quantity, full: entry.full },
        ...{ amount: entry.total?.amount ?? null, currency: entry.total?.currency ?? null },
        odometerMetres: entry.odometer === null ? null : await this.read(vehicle, entry.odometer, at),
        ...{ source: 'manual', station: entry.station, note: entry.note, fileId },
        ...{ lat: entry.location?.lat ?? null, lng: entry.location?.lng ?? null },
      };
      await this.entries.insert(row, currentContext().principal.userId);
      await this.levels.match(vehicleId, at, at);
      await this.cards.look(vehicleId, vehicle, at, at);
      if (fileId) await this.commands.execute(new AttachFilesCommand({ fileIds: [fileId], owner: ownerOfReceipt(id) }));
      return this.queries.execute(new FindFuelEntryQuery(id));
    });
  }

  private async driverOf(vehicleId: string, { driverId, at }: EnterFuelCommand['entry']): Promise<string | null> {
    const { principal } = currentContext();
    // Whoever may enter its own alone is who filled it in.
    if (!hasPermission(principal, 'fleet:write')) return this.entries.driverOfUser(principal.userId!);
    if (driverId === undefined) return this.entries.driverAt(vehicleId, at);
    return demandDriver(this.fleets, driverId);
  }

  private async read(vehicle: Vehicle, shown: number, at: Date): Promise<number | null> {
    await this.desk.record(vehicle, { meter: 'odometer', kind: 'reading', shown, at, source: 'fuel', reason: null });
    return this.entries.odometerAt(vehicle.id, at);
  }
}

@CommandHandler(ChangeFuelEntryCommand)
export class ChangeFuelEntryHandler implements ICommandHandler<ChangeFuelEntryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly entries: FuelEntryRepository,
    private readonly cards: FuelCardDesk,
  ) {}

  execute({ entryId, change }: ChangeFuelEntryCommand): Promise<FuelEntryFacts> {
    return this.uow.run(async () => {
      const before = await lockedEntry(this.fleets, this.entries, entryId);
      const { total, location, driverId, ...rest } = change;
      if (driverId !== undefined) await demandDriver(this.fleets, driverId);
      const plain = { ...rest, driverId };
      const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
      const row: FuelEntryRow = {
        ...{ ...before, ...given },
        ...(total !== undefined && { amount: total?.amount ?? null, currency: total?.currency ?? null }),
        ...(location !== undefined && { lat: location?.lat ?? null, lng: location?.lng ?? null }),
      };
      await this.entries.update(row);
      await this.cards.look(row.vehicleId, before.vehicle, row.at, row.at);
      const owner = ownerOfReceipt(entryId);
      if (row.fileId !== before.fileId) {
        if (row.fileId) await this.commands.execute(new AttachFilesCommand({ fileIds: [row.fileId], owner }));
        if (before.fileId) await this.commands.execute(new DetachFilesCommand({ owner, fileIds: [before.fileId] }));
      }
      return this.queries.execute(new FindFuelEntryQuery(entryId));
    });
  }
}

@CommandHandler(DeleteFuelEntryCommand)
export class DeleteFuelEntryHandler implements ICommandHandler<DeleteFuelEntryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly fleets: FleetRepository,
    private readonly entries: FuelEntryRepository,
    private readonly rows: FuelCardRowRepository,
    private readonly cards: FuelCardDesk,
  ) {}

  execute({ entryId }: DeleteFuelEntryCommand): Promise<void> {
    return this.uow.run(async () => {
      const { vehicle, vehicleId, at } = await lockedEntry(this.fleets, this.entries, entryId);
      if (await this.rows.madeEntry(entryId)) throw entryOfCard();
      await this.entries.remove(entryId);
      await this.cards.look(vehicleId, vehicle, at, at);
      await this.commands.execute(new DetachFilesCommand({ owner: ownerOfReceipt(entryId) }));
    });
  }
}

/** @throws AppError not-found `fleet.driver-not-found` */
async function demandDriver(fleets: FleetRepository, driverId: string | null): Promise<string | null> {
  const driver = driverId && (await fleets.driver(driverId));
  if (driverId && (!driver || driver.forgottenAt)) throw driverNotFound();
  return driverId;
}

/** With its vehicle, which is locked first. @throws AppError not-found `fleet.fuel-entry-not-found` */
async function lockedEntry(fleets: FleetRepository, entries: FuelEntryRepository, id: string) {
  const vehicleId = await entries.vehicleOf(id);
  const vehicle = vehicleId && (await fleets.vehicle(vehicleId));
  const entry = vehicle && (await entries.lock(id));
  if (!entry) throw fuelEntryNotFound();
  return { ...entry, vehicle };
}
