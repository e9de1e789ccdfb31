import { Query } from '@nestjs/cqrs';
import type { TableFormat } from '../../../kernel/tabular/csv-writer';

/**
 * All products of the tenant as a file in pieces, one row a variant, in the columns that an import reads: importing the
 * file again changes nothing. Read in batches, so that any number of products costs no memory.
 */
export class ExportProductsQuery extends Query<AsyncIterable<string | Buffer>> {
  constructor(readonly format: TableFormat = 'csv') {
    super();
  }
}
