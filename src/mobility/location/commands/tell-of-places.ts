import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PlaceRepository, type ToldAvailability, type ToldPrice } from '../data/place.repository';
import { AHEAD_MS, MOST_AGE_MS } from '../domain/place';
import { notTold, tellInvalid } from '../domain/places.errors';
import { findPlace, type PlaceDetails } from '../queries/place-view';

/** Late news is kept in the history, and changes no newer price. @throws AppError not-found `location.place-not-found`, invalid `location.told-invalid` */
export class TellPricesCommand extends Command<PlaceDetails> {
  constructor(
    readonly placeId: string,
    readonly prices: ToldPrice[],
    readonly toldAt?: Date,
  ) {
    super();
  }
}

/** @throws AppError as above */
export class TellAvailabilityCommand extends Command<PlaceDetails> {
  constructor(
    readonly placeId: string,
    readonly resources: ToldAvailability[],
    readonly validSeconds: number,
    readonly toldAt?: Date,
  ) {
    super();
  }
}

/** Of a product and unit; the history keeps what was told. @throws AppError not-found `location.place-not-found`, `location.told-not-found` */
export class WithdrawPriceCommand extends Command<void> {
  constructor(
    readonly placeId: string,
    readonly product: string,
    readonly unit: string,
  ) {
    super();
  }
}

/** @throws AppError as above */
export class WithdrawAvailabilityCommand extends Command<void> {
  constructor(
    readonly placeId: string,
    readonly resource: string,
  ) {
    super();
  }
}

function timeOf(toldAt: Date | undefined, now: Date): Date {
  if (!toldAt) return now;
  const age = now.getTime() - toldAt.getTime();
  if (age < -AHEAD_MS) throw tellInvalid('/toldAt', 'future', 'It cannot have been told in the future.');
  if (age > MOST_AGE_MS) throw tellInvalid('/toldAt', 'past', 'It is too long ago to be kept.');
  return toldAt;
}

function assertEachOnce<T>(list: readonly T[], key: (one: T) => string, pointer: string): void {
  const seen = new Set<string>();
  list.forEach((one, index) => {
    if (seen.has(key(one))) throw tellInvalid(`${pointer}/${index}`, 'duplicate', 'The same is told twice.');
    seen.add(key(one));
  });
}

@CommandHandler(TellPricesCommand)
export class TellPricesHandler implements ICommandHandler<TellPricesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, prices, toldAt }: TellPricesCommand): Promise<PlaceDetails> {
    const now = this.clock.now();
    const at = timeOf(toldAt, now);
    assertEachOnce(prices, ({ product, unit }) => `${product} ${unit}`, '/prices');
    return this.uow.run(async (tx) => {
      await this.places.hold(tx, placeId);
      const time = { toldAt: at, isNews: !toldAt };
      await this.places.tellPrices(tx, placeId, prices, time, currentContext().principal.userId);
      return (await findPlace(this.database, placeId, { now: now.getTime() }))!;
    });
  }
}

@CommandHandler(TellAvailabilityCommand)
export class TellAvailabilityHandler implements ICommandHandler<TellAvailabilityCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, resources, validSeconds, toldAt }: TellAvailabilityCommand): Promise<PlaceDetails> {
    const now = this.clock.now();
    const at = timeOf(toldAt, now);
    assertEachOnce(resources, ({ resource }) => resource, '/resources');
    resources.forEach(({ free, total }, index) => {
      if (total !== null && free > total)
        throw tellInvalid(`/resources/${index}/free`, 'range', 'More are free than there are.');
    });
    const expiresAt = new Date(at.getTime() + validSeconds * 1000);
    return this.uow.run(async (tx) => {
      await this.places.hold(tx, placeId);
      await this.places.tellAvailability(tx, placeId, resources, { toldAt: at, expiresAt, isNews: !toldAt });
      return (await findPlace(this.database, placeId, { now: now.getTime() }))!;
    });
  }
}

@CommandHandler(WithdrawPriceCommand)
export class WithdrawPriceHandler implements ICommandHandler<WithdrawPriceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, product, unit }: WithdrawPriceCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.places.hold(tx, placeId);
      if (!(await this.places.withdrawPrice(tx, placeId, product, unit, this.clock.now()))) throw notTold();
    });
  }
}

@CommandHandler(WithdrawAvailabilityCommand)
export class WithdrawAvailabilityHandler implements ICommandHandler<WithdrawAvailabilityCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly places: PlaceRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, resource }: WithdrawAvailabilityCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.places.hold(tx, placeId);
      if (!(await this.places.withdrawAvailability(tx, placeId, resource, this.clock.now()))) throw notTold();
    });
  }
}
