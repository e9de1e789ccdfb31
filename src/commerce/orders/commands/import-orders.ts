import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { sha256Hex } from '../../../kernel/crypto/hashing';
import { TableSizes } from '../../../kernel/database/table-sizes';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { canonicalJson } from '../../../kernel/http/canonical-json';
import { ImportOrdersCommand, type ImportOrdersOutcome } from '../contracts/import-orders';
import { ImportRepository } from '../data/import.repository';
import { planImport } from '../domain/import-plan';

/** Stores historical orders; says no event, so nothing is held, mailed or paid. */
@CommandHandler(ImportOrdersCommand)
export class ImportOrdersHandler implements ICommandHandler<ImportOrdersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly imports: ImportRepository,
    private readonly sizes: TableSizes,
  ) {}

  execute({ request: { orders, dryRun } }: ImportOrdersCommand): Promise<ImportOrdersOutcome> {
    return this.uow.run(async (tx) => {
      const { planned, faults } = planImport(orders, (value) => sha256Hex(canonicalJson(value)));
      const known = await this.imports.known(planned.map((order) => order.number));
      const fresh = planned.filter((order) => !known.has(order.number));
      const changed = planned.flatMap((order) => {
        const before = known.get(order.number);
        return before && before.sourceHash !== order.sourceHash ? [{ ...order, id: before.id }] : [];
      });
      if (!dryRun && fresh.length > 0) await this.imports.insert(fresh);
      if (!dryRun && changed.length > 0) await this.imports.replace(changed);
      if (!dryRun) this.sizes.wrote(tx, fresh.length);
      return {
        created: fresh.length,
        updated: changed.length,
        unchanged: planned.length - fresh.length - changed.length,
        lines: [...fresh, ...changed].reduce((sum, order) => sum + order.lines.length, 0),
        faults,
      };
    });
  }
}
