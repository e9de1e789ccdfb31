import { Query } from '@nestjs/cqrs';
import type { TableFormat } from '../../../kernel/tabular/csv-writer';

/**
 * All customers of the tenant with their usual address as a file in pieces, in the columns that an import reads:
 * importing the file again changes nothing. A customer without e-mail and reference is not found again.
 */
export class ExportCustomersQuery extends Query<AsyncIterable<string | Buffer>> {
  constructor(readonly format: TableFormat = 'csv') {
    super();
  }
}
