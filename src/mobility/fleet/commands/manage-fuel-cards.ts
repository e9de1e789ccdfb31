import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FuelCardRowRepository } from '../data/fuel-card-row.repository';
import { FuelCardRepository } from '../data/fuel-card.repository';
import { driverNotFound, periodInvalid, vehicleNotFound } from '../domain/fleet.errors';
import {
  cardAssignmentNotFound,
  cardHolder,
  cardKnown,
  cardNotFound,
  cardRowNote,
  cardRowNotFound,
} from '../domain/fuel-card.errors';
import type { CardDecision } from '../domain/fuel-card';
import { FindFuelCardQuery, type FuelCardFacts } from '../queries/fuel-cards';
import { FindFuelCardRowQuery, type FuelCardRowFacts } from '../queries/fuel-card-rows';
import { FuelCardDesk } from './fuel-card-desk';

/** Of a card no more is known than this. @throws AppError conflict `fleet.fuel-card-exists` */
export class CreateFuelCardCommand extends Command<FuelCardFacts> {
  constructor(readonly card: { provider: string; lastFour: string; label: string | null }) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-card-not-found` */
export class LabelFuelCardCommand extends Command<FuelCardFacts> {
  constructor(
    readonly cardId: string,
    readonly label: string | null,
  ) {
    super();
  }
}

/**
 * Gives a card to a vehicle or a driver for a period; who has it until further notice has it until then. What was paid with it from
 * then on is given to its vehicle anew.
 * @throws AppError not-found `fleet.fuel-card-not-found`, `fleet.vehicle-not-found`, `fleet.driver-not-found`; invalid
 *   `fleet.card-holder`, `fleet.period-invalid`; conflict `fleet.card-assignment-overlaps`
 */
export class AssignFuelCardCommand extends Command<FuelCardFacts> {
  constructor(
    readonly cardId: string,
    /** `from`: default now; `until` null: until further notice. */
    readonly holder: { vehicleId: string | null; driverId: string | null; from?: Date; until: Date | null },
  ) {
    super();
  }
}

/**
 * Ends that somebody has a card until further notice.
 * @throws AppError not-found `fleet.fuel-card-not-found`, `fleet.card-assignment-not-found`
 */
export class EndFuelCardAssignmentCommand extends Command<FuelCardFacts> {
  constructor(
    readonly cardId: string,
    /** Default now. */
    readonly at?: Date,
  ) {
    super();
  }
}

/**
 * People accept a transaction as it is, flags or none, or dispute it. What is accepted and was not found becomes an entry, so that it
 * counts in costs; what is disputed gives no price and has no entry. Either may be said anew.
 * @throws AppError not-found `fleet.fuel-card-row-not-found`; invalid `fleet.fuel-card-row-note`
 */
export class SettleFuelCardRowCommand extends Command<FuelCardRowFacts> {
  constructor(
    readonly rowId: string,
    readonly decision: CardDecision,
    readonly note: string | null,
  ) {
    super();
  }
}

@CommandHandler(CreateFuelCardCommand)
export class CreateFuelCardHandler implements ICommandHandler<CreateFuelCardCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly cards: FuelCardRepository,
  ) {}

  execute({ card }: CreateFuelCardCommand): Promise<FuelCardFacts> {
    return this.uow.run(async () => {
      const id = newId();
      if (!(await this.cards.insert({ id, ...card }, currentContext().principal.userId))) throw cardKnown();
      return this.queries.execute(new FindFuelCardQuery(id));
    });
  }
}

@CommandHandler(LabelFuelCardCommand)
export class LabelFuelCardHandler implements ICommandHandler<LabelFuelCardCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly cards: FuelCardRepository,
  ) {}

  execute({ cardId, label }: LabelFuelCardCommand): Promise<FuelCardFacts> {
    return this.uow.run(async () => {
      if (!(await this.cards.lock(cardId))) throw cardNotFound();
      await this.cards.setLabel(cardId, label);
      return this.queries.execute(new FindFuelCardQuery(cardId));
    });
  }
}

/** Who has a card changed: what was paid with it since is given to its vehicles anew. */
abstract class CardMover {
  constructor(
    protected readonly uow: UnitOfWork,
    protected readonly clock: Clock,
    protected readonly queries: QueryBus,
    protected readonly cards: FuelCardRepository,
    private readonly rows: FuelCardRowRepository,
    private readonly desk: FuelCardDesk,
  ) {}

  protected async giveAnew(cardId: string, from: Date): Promise<void> {
    const rows = await this.rows.ofCard(cardId, from);
    if (rows.length === 0) return;
    // Vehicles are locked before rows, as by everybody who looks at rows.
    const had = rows.flatMap(({ vehicleId }) => vehicleId ?? []);
    const owners = await this.rows.hold(await this.rows.owners(rows), had);
    const now = rows.map((row, i) => ({ ...row, ...owners[i] }));
    // Where a row was, another may be what was filled in.
    const before = rows.filter(({ vehicleId }, i) => vehicleId !== null && vehicleId !== owners[i].vehicleId);
    await this.rows.setOwners(
      rows.map(({ id }) => id),
      owners,
    );
    await this.desk.lookAt([...now, ...before]);
  }
}

@CommandHandler(AssignFuelCardCommand)
export class AssignFuelCardHandler extends CardMover implements ICommandHandler<AssignFuelCardCommand> {
  constructor(
    uow: UnitOfWork,
    clock: Clock,
    queries: QueryBus,
    cards: FuelCardRepository,
    rows: FuelCardRowRepository,
    desk: FuelCardDesk,
  ) {
    super(uow, clock, queries, cards, rows, desk);
  }

  execute({ cardId, holder }: AssignFuelCardCommand): Promise<FuelCardFacts> {
    return this.uow.run(async () => {
      if (!(await this.cards.lock(cardId))) throw cardNotFound();
      const { vehicleId, driverId, until } = holder;
      if ((vehicleId === null) === (driverId === null)) throw cardHolder();
      if (vehicleId && !(await this.cards.isThere({ vehicleId }))) throw vehicleNotFound();
      if (driverId && !(await this.cards.isThere({ driverId }))) throw driverNotFound();
      const from = holder.from ?? this.clock.now();
      if (until && until <= from) throw periodInvalid();
      await this.cards.cut(cardId, from);
      const by = currentContext().principal.userId;
      await this.cards.assign({ id: newId(), cardId, vehicleId, driverId, from, until }, by);
      await this.giveAnew(cardId, from);
      return this.queries.execute(new FindFuelCardQuery(cardId));
    });
  }
}

@CommandHandler(EndFuelCardAssignmentCommand)
export class EndFuelCardAssignmentHandler extends CardMover implements ICommandHandler<EndFuelCardAssignmentCommand> {
  constructor(
    uow: UnitOfWork,
    clock: Clock,
    queries: QueryBus,
    cards: FuelCardRepository,
    rows: FuelCardRowRepository,
    desk: FuelCardDesk,
  ) {
    super(uow, clock, queries, cards, rows, desk);
  }

  execute({ cardId, at = this.clock.now() }: EndFuelCardAssignmentCommand): Promise<FuelCardFacts> {
    return this.uow.run(async () => {
      if (!(await this.cards.lock(cardId))) throw cardNotFound();
      if (!(await this.cards.cut(cardId, at))) throw cardAssignmentNotFound();
      await this.giveAnew(cardId, at);
      return this.queries.execute(new FindFuelCardQuery(cardId));
    });
  }
}

@CommandHandler(SettleFuelCardRowCommand)
export class SettleFuelCardRowHandler implements ICommandHandler<SettleFuelCardRowCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly rows: FuelCardRowRepository,
    private readonly desk: FuelCardDesk,
  ) {}

  execute({ rowId, decision, note }: SettleFuelCardRowCommand): Promise<FuelCardRowFacts> {
    return this.uow.run(async () => {
      const found = await this.rows.vehicleOf(rowId);
      if (!found) throw cardRowNotFound();
      if (decision === 'disputed' && !note) throw cardRowNote();
      if (found.vehicleId) await this.rows.lockVehicles([found.vehicleId]);
      // Whose it is may have changed while others had the vehicle.
      const { vehicleId, at } = (await this.rows.vehicleOf(rowId))!;
      await this.rows.decide(rowId, decision, note, currentContext().principal.userId);
      await this.desk.lookAt([{ id: rowId, vehicleId, at }]);
      return this.queries.execute(new FindFuelCardRowQuery(rowId));
    });
  }
}
