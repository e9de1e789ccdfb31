import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { BackorderRepository, type BackorderTerms } from '../data/backorder.repository';
import { repeatedLine } from '../domain/inventory.errors';
import { LineCheck } from './line-check';

/**
 * Says how far articles may be promised beyond their stock, and when such pieces are promised. Whether they may at all the
 * catalogue says. What was promised before stays so.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.repeated-line`
 */
export class SaveBackorderTermsCommand extends Command<{ set: number }> {
  constructor(readonly terms: readonly BackorderTerms[]) {
    super();
  }
}

@CommandHandler(SaveBackorderTermsCommand)
export class SaveBackorderTermsHandler implements ICommandHandler<SaveBackorderTermsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly backorders: BackorderRepository,
  ) {}

  execute({ terms }: SaveBackorderTermsCommand): Promise<{ set: number }> {
    return this.uow.run(async () => {
      const named = new Set<string>();
      terms.forEach(({ sku }, index) => {
        if (named.has(sku)) throw repeatedLine(`/terms/${index}/sku`, sku);
        named.add(sku);
      });
      await this.check.known(terms, '/terms');
      await this.backorders.saveTerms(terms);
      return { set: terms.length };
    });
  }
}
