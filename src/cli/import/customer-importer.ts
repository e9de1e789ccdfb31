import type { CommandBus } from '@nestjs/cqrs';
import { CUSTOMER_FIELDS, ImportCustomersCommand } from '../../commerce/customers/contracts/import-customers';
import type { RowOf } from '../../kernel/tabular/fields';
import type { EntityImporter, EntityOutcome, EntityRow } from '../../kernel/tabular/importer';
import type { RunKnowledge } from './run-knowledge';

/** Customers with their address, through the contract of customers. */
export class CustomerImporter implements EntityImporter {
  readonly entity = 'customers';
  readonly fields = CUSTOMER_FIELDS;
  readonly keys = ['externalRef', 'email'];

  constructor(
    private readonly commands: CommandBus,
    private readonly knowledge: RunKnowledge,
  ) {}

  async take(rows: EntityRow<RowOf<typeof CUSTOMER_FIELDS>>[], dryRun: boolean): Promise<EntityOutcome> {
    const customers = rows.map(({ row }) => row);
    const outcome = await this.commands.execute(new ImportCustomersCommand({ rows: customers, dryRun }));
    const refused = new Set(outcome.faults.map((fault) => fault.line));
    for (const row of customers) {
      if (refused.has(row.line) || !row.externalRef) continue;
      this.knowledge.customers.set(row.externalRef, { name: row.company ?? row.name, email: row.email ?? null });
    }
    return { ...outcome, further: {} };
  }
}
