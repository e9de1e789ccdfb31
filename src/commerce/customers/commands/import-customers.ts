import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { TableSizes } from '../../../kernel/database/table-sizes';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { emptyOutcome, type ImportOutcome } from '../../../kernel/tabular/import-report';
import { ImportCustomersCommand } from '../contracts/import-customers';
import { CustomerBatch } from '../data/customer-batch';
import { emailKey } from '../domain/customer';
import { planImport } from '../domain/import-plan';

@CommandHandler(ImportCustomersCommand)
export class ImportCustomersHandler implements ICommandHandler<ImportCustomersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly batch: CustomerBatch,
    private readonly sizes: TableSizes,
  ) {}

  async execute({ request: { rows, dryRun = false } }: ImportCustomersCommand): Promise<ImportOutcome> {
    if (rows.length === 0) return emptyOutcome();
    return this.uow.run(async (tx) => {
      const refs = rows.map((row) => row.externalRef).filter((ref) => ref != null);
      const keys = rows.map((row) => row.email).filter((email) => email != null);
      const known = await this.batch.load(tx, refs, keys.map(emailKey), !dryRun);
      const plan = planImport(rows, known, clock.now());
      if (dryRun) return plan.outcome;
      await this.batch.insert(tx, plan.created);
      await this.batch.update(tx, plan.changed);
      this.sizes.wrote(tx, plan.created.length);
      return plan.outcome;
    });
  }
}
