import { Query } from '@nestjs/cqrs';

/**
 * All customers of the tenant with their usual address as a CSV file in pieces of text, in the columns that an import
 * reads: importing the file again changes nothing. A customer without e-mail and reference is not found again.
 */
export class ExportCustomersQuery extends Query<AsyncIterable<string>> {}
