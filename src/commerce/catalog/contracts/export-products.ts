import { Query } from '@nestjs/cqrs';

/**
 * All products of the tenant as a CSV file in pieces of text, one row a variant, in the columns that an import reads:
 * importing the file again changes nothing. Read in batches, so that any number of products costs no memory.
 */
export class ExportProductsQuery extends Query<AsyncIterable<string>> {}
