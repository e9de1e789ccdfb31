import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CostRepository } from '../data/cost.repository';
import { FleetRepository } from '../data/fleet.repository';
import { dayOf, MOST_DAYS, plusDays, type CostSeries } from '../domain/costs';
import { costPeriod, costSeriesNotFound, depreciatedTwice, seriesTooOld } from '../domain/costs.errors';
import { vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import { FindRecurringCostQuery, type RecurringCostFacts } from '../queries/costs';
import { CostRecurrence } from './cost-recurrence';

export type RecurringCostChange = Partial<Pick<CostSeries, 'amount' | 'endsOn' | 'vendor' | 'reference' | 'note'>>;

/**
 * A cost that comes back: what has begun of it is entered at once, every later period on its first day, once.
 * @throws AppError invalid `fleet.cost-period`, `fleet.cost-series-too-old`; not-found `fleet.vehicle-not-found`; conflict
 *   `fleet.vehicle-retired`, `fleet.depreciated-twice`
 */
export class EnterRecurringCostCommand extends Command<RecurringCostFacts> {
  constructor(
    readonly cost: RecurringCostChange & Pick<CostSeries, 'vehicleId' | 'category' | 'amount' | 'every' | 'beginsOn'>,
  ) {
    super();
  }
}

/**
 * Changes what comes from now on; periods that are entered already stay as they are, and may be changed one by one.
 * @throws AppError not-found `fleet.cost-series-not-found`, invalid `fleet.cost-period`
 */
export class ChangeRecurringCostCommand extends Command<RecurringCostFacts> {
  constructor(
    readonly seriesId: string,
    readonly change: RecurringCostChange,
  ) {
    super();
  }
}

const demandEnd = ({ beginsOn, endsOn }: CostSeries): void => {
  if (endsOn !== null && endsOn < beginsOn) throw costPeriod('/endsOn', 'before-start', 'Give a later day.');
};

@CommandHandler(EnterRecurringCostCommand)
export class EnterRecurringCostHandler implements ICommandHandler<EnterRecurringCostCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
    private readonly recurrence: CostRecurrence,
  ) {}

  async execute({ cost }: EnterRecurringCostCommand): Promise<RecurringCostFacts> {
    const timeZone = await this.recurrence.timeZone(currentContext().tenantId!);
    return this.uow.run(async (tx) => {
      if (plusDays(cost.beginsOn, MOST_DAYS) < dayOf(this.clock.now(), timeZone)) throw seriesTooOld();
      const vehicle = await this.fleets.vehicle(cost.vehicleId);
      if (!vehicle) throw vehicleNotFound();
      if (vehicle.state === 'retired') throw vehicleRetired();
      if (cost.category === 'depreciation' && (await this.costs.hasPurchase(vehicle.id))) throw depreciatedTwice();
      const { endsOn = null, vendor = null, reference = null, note = null } = cost;
      const series: CostSeries = { ...cost, endsOn, vendor, reference, note, id: newId(), made: 0 };
      demandEnd(series);
      await this.costs.insertSeries(series);
      await this.recurrence.enter(tx, series, timeZone, null);
      return this.queries.execute(new FindRecurringCostQuery(series.id));
    });
  }
}

@CommandHandler(ChangeRecurringCostCommand)
export class ChangeRecurringCostHandler implements ICommandHandler<ChangeRecurringCostCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
    private readonly recurrence: CostRecurrence,
  ) {}

  async execute({ seriesId, change }: ChangeRecurringCostCommand): Promise<RecurringCostFacts> {
    const timeZone = await this.recurrence.timeZone(currentContext().tenantId!);
    return this.uow.run(async (tx) => {
      const vehicleId = await this.costs.vehicleOfSeries(seriesId);
      const vehicle = vehicleId && (await this.fleets.vehicle(vehicleId));
      const before = vehicle && (await this.costs.lockSeries(seriesId));
      if (!vehicle || !before) throw costSeriesNotFound();
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const series: CostSeries = { ...before, ...given };
      demandEnd(series);
      const lastDay = vehicle.state === 'retired' ? dayOf(vehicle.stateSince, timeZone) : null;
      await this.recurrence.enter(tx, series, timeZone, lastDay);
      return this.queries.execute(new FindRecurringCostQuery(seriesId));
    });
  }
}
