import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SavedMethods, type SavedMethodRow } from '../data/saved-methods';
import { methodNotActive, methodNotFound } from '../domain/payments.errors';
import { ForgetMethod } from '../jobs/saved-methods';

/** Makes a kept way to pay the person's default. @throws AppError `payments.method-not-found`, `payments.method-not-active` */
export class ChooseDefaultMethodCommand extends Command<void> {
  constructor(readonly savedMethodId: string) {
    super();
  }
}

/**
 * Takes a kept way to pay away, here at once and at the provider soon after; the newest other becomes the default.
 * @throws AppError not-found `payments.method-not-found`
 */
export class RemoveMethodCommand extends Command<void> {
  constructor(readonly savedMethodId: string) {
    super();
  }
}

const ownOf = (all: SavedMethodRow[], id: string): SavedMethodRow => {
  const method = all.find((one) => one.id === id);
  if (!method) throw methodNotFound();
  return method;
};

@CommandHandler(ChooseDefaultMethodCommand)
export class ChooseDefaultMethodHandler implements ICommandHandler<ChooseDefaultMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly methods: SavedMethods,
  ) {}

  async execute({ savedMethodId }: ChooseDefaultMethodCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const userId = currentContext().principal.userId!;
      const { state } = ownOf(await this.methods.lockAll(tx, userId), savedMethodId);
      if (state !== 'active') throw methodNotActive(state);
      await this.methods.makeDefault(tx, userId, savedMethodId);
    });
  }
}

@CommandHandler(RemoveMethodCommand)
export class RemoveMethodHandler implements ICommandHandler<RemoveMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly methods: SavedMethods,
  ) {}

  async execute({ savedMethodId }: RemoveMethodCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const userId = currentContext().principal.userId!;
      const all = await this.methods.lockAll(tx, userId);
      const method = ownOf(all, savedMethodId);
      await this.methods.remove(tx, savedMethodId);
      const next = all.filter(({ id, state }) => id !== savedMethodId && state === 'active').at(-1);
      if (method.is_default && next) await this.methods.makeDefault(tx, userId, next.id);
      if (method.provider_method_id) tx.job(ForgetMethod, { savedMethodId });
    });
  }
}
