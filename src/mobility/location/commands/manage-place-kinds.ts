import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { KINDS, type PlaceKind } from '../domain/place';
import { kindInUse, kindNotFound, kindTaken } from '../domain/places.errors';

/** @throws AppError conflict `location.place-kind-taken` */
export class CreatePlaceKindCommand extends Command<PlaceKind> {
  constructor(
    readonly key: string,
    readonly name: string,
  ) {
    super();
  }
}

/** @throws AppError not-found `location.place-kind-not-found`, conflict `location.place-kind-in-use` */
export class DeletePlaceKindCommand extends Command<void> {
  constructor(readonly kindId: string) {
    super();
  }
}

@CommandHandler(CreatePlaceKindCommand)
export class CreatePlaceKindHandler implements ICommandHandler<CreatePlaceKindCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute({ key, name }: CreatePlaceKindCommand): Promise<PlaceKind> {
    if (Object.hasOwn(KINDS, key)) throw kindTaken();
    return this.uow.run(async (tx) => {
      const id = newId();
      const made = await tx.execute(
        `insert into location.place_kinds (tenant_id, id, key, name, created_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, key) do nothing`,
        [tx.tenantId, id, key, name, this.clock.now()],
      );
      if (made === 0) throw kindTaken();
      return { id, key, name, builtIn: false };
    });
  }
}

@CommandHandler(DeletePlaceKindCommand)
export class DeletePlaceKindHandler implements ICommandHandler<DeletePlaceKindCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ kindId }: DeletePlaceKindCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      // Whoever makes a place of this kind holds it: the look at places comes after them.
      const [kind] = await tx.query<{ key: string }>(
        'select key from location.place_kinds where tenant_id = $1 and id = $2 for update',
        [tx.tenantId, kindId],
      );
      if (!kind) throw kindNotFound();
      const [{ used }] = await tx.query<{ used: boolean }>(
        'select exists (select from location.places where tenant_id = $1 and kind = $2) as used',
        [tx.tenantId, kind.key],
      );
      if (used) throw kindInUse();
      await tx.execute('delete from location.place_kinds where tenant_id = $1 and id = $2', [tx.tenantId, kindId]);
    });
  }
}
