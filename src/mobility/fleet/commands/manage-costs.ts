import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { AttachFilesCommand, DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { CostRepository } from '../data/cost.repository';
import { FleetRepository } from '../data/fleet.repository';
import { daysOfEntry, plusDays, type CostCategory, type CostEntry } from '../domain/costs';
import { costNotFound, depreciatedTwice } from '../domain/costs.errors';
import { driverNotFound, vehicleNotFound } from '../domain/fleet.errors';
import { FindCostQuery, type CostFacts } from '../queries/costs';

export interface CostChange {
  driverId?: string | null;
  category?: CostCategory;
  amount?: Money;
  /** One moment, or the days from a first to a last. */
  at?: Date | null;
  firstDay?: string | null;
  lastDay?: string | null;
  vendor?: string | null;
  reference?: string | null;
  note?: string | null;
  fileId?: string | null;
}

/**
 * Enters what a vehicle cost, also one that is retired: bills come late. A moment falls on a day of the organization's
 * time zone, and stays on it.
 * @throws AppError invalid `fleet.cost-period`; not-found `fleet.vehicle-not-found`, `fleet.driver-not-found`,
 *   `files.file-not-found`; conflict `fleet.depreciated-twice`, `files.not-clean`
 */
export class EnterCostCommand extends Command<CostFacts> {
  constructor(readonly cost: CostChange & { vehicleId: string; category: CostCategory; amount: Money }) {
    super();
  }
}

/** Puts an entry right; the audit trail keeps what it said. @throws AppError not-found `fleet.cost-not-found`, and as `EnterCostCommand` */
export class ChangeCostCommand extends Command<CostFacts> {
  constructor(
    readonly costId: string,
    readonly change: CostChange,
  ) {
    super();
  }
}

/** Takes an entry out; a period of a recurring cost does not come back. @throws AppError not-found `fleet.cost-not-found` */
export class DeleteCostCommand extends Command<void> {
  constructor(readonly costId: string) {
    super();
  }
}

const ownerOf = (id: string) => ({ kind: 'fleet-cost', id });

@CommandHandler(EnterCostCommand)
export class EnterCostHandler implements ICommandHandler<EnterCostCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
  ) {}

  async execute({ cost: given }: EnterCostCommand): Promise<CostFacts> {
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    return this.uow.run(async () => {
      const { vehicleId, category, amount, driverId = null, fileId = null } = given;
      if (!(await this.fleets.vehicle(vehicleId))) throw vehicleNotFound();
      await demandDriver(this.fleets, driverId);
      if (category === 'depreciation' && (await this.costs.hasPurchase(vehicleId))) throw depreciatedTwice();
      const entry: CostEntry = {
        id: newId(),
        vehicleId,
        driverId,
        category,
        amount,
        ...daysOfEntry(given, timeZone),
        vendor: given.vendor ?? null,
        reference: given.reference ?? null,
        note: given.note ?? null,
        fileId,
        seriesId: null,
        occurrence: null,
      };
      await this.costs.insert(entry, currentContext().principal.userId);
      if (fileId) await this.commands.execute(new AttachFilesCommand({ fileIds: [fileId], owner: ownerOf(entry.id) }));
      return this.queries.execute(new FindCostQuery(entry.id));
    });
  }
}

@CommandHandler(ChangeCostCommand)
export class ChangeCostHandler implements ICommandHandler<ChangeCostCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
  ) {}

  async execute({ costId, change }: ChangeCostCommand): Promise<CostFacts> {
    const timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!));
    return this.uow.run(async () => {
      const { at, firstDay, lastDay, ...rest } = change;
      // Whoever says what the vehicle was bought for locks it, too.
      const vehicleId = await this.costs.vehicleOf(costId);
      if (vehicleId) await this.fleets.vehicle(vehicleId);
      await demandDriver(this.fleets, rest.driverId ?? null);
      const before = await this.costs.lock(costId);
      if (!before) throw costNotFound();
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const days =
        at === undefined && firstDay === undefined && lastDay === undefined
          ? {}
          : daysOfEntry(
              at
                ? { at, firstDay, lastDay }
                : {
                    at,
                    // A period of which one end is given keeps its other end.
                    firstDay: firstDay === undefined && !before.at ? before.beginsOn : firstDay,
                    lastDay: lastDay === undefined && !before.at ? plusDays(before.endsOn, -1) : lastDay,
                  },
              timeZone,
            );
      const entry: CostEntry = { ...before, ...given, ...days };
      if (entry.category === 'depreciation' && (await this.costs.hasPurchase(entry.vehicleId)))
        throw depreciatedTwice();
      await this.costs.update(entry);
      if (entry.fileId !== before.fileId) await this.exchange(before, entry);
      return this.queries.execute(new FindCostQuery(costId));
    });
  }

  private async exchange(before: CostEntry, { id, fileId }: CostEntry): Promise<void> {
    if (fileId) await this.commands.execute(new AttachFilesCommand({ fileIds: [fileId], owner: ownerOf(id) }));
    if (before.fileId)
      await this.commands.execute(new DetachFilesCommand({ owner: ownerOf(id), fileIds: [before.fileId] }));
  }
}

@CommandHandler(DeleteCostCommand)
export class DeleteCostHandler implements ICommandHandler<DeleteCostCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly costs: CostRepository,
  ) {}

  execute({ costId }: DeleteCostCommand): Promise<void> {
    return this.uow.run(async () => {
      if (!(await this.costs.lock(costId))) throw costNotFound();
      await this.costs.remove(costId);
      await this.commands.execute(new DetachFilesCommand({ owner: ownerOf(costId) }));
    });
  }
}

async function demandDriver(fleets: FleetRepository, driverId: string | null): Promise<void> {
  const driver = driverId && (await fleets.driver(driverId));
  if (driverId && (!driver || driver.forgottenAt)) throw driverNotFound();
}
