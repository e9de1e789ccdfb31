import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { AppError } from '../../../kernel/errors/app-error';
import type { CsvCell } from '../../../kernel/tabular/csv-writer';
import { tableFile } from '../../../kernel/tabular/table-file';
import { ExportCustomersQuery } from '../contracts/export-customers';

const BATCH = 1_000;
const HEADER = [
  'externalRef',
  'email',
  'name',
  'company',
  'title',
  'phone',
  'line1',
  'line2',
  'city',
  'region',
  'postalCode',
  'country',
];

type Row = Record<(typeof HEADER)[number], CsvCell> & { id: string };

@QueryHandler(ExportCustomersQuery)
export class ExportCustomersHandler implements IQueryHandler<ExportCustomersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ format }: ExportCustomersQuery): Promise<AsyncIterable<string | Buffer>> {
    // The pieces are pulled later, perhaps outside of this request's context: the tenant is taken along.
    const { tenantId } = currentContext();
    if (!tenantId) throw new AppError('tenant.required', 'invalid', 'This request must name its tenant.');
    return tableFile(format, HEADER, this.batches(tenantId), 'Customers');
  }

  private async *batches(tenantId: string): AsyncGenerator<CsvCell[][]> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const rows = await this.database.readAs<Row>(
        tenantId,
        `select c.id, c.external_ref as "externalRef", c.email, c.name, c.company, c.title, c.phone, a.line1, a.line2, a.city, a.region,
           a.postal_code as "postalCode", a.country
         from customers.customers c
         left join customers.addresses a on a.tenant_id = c.tenant_id and a.customer_id = c.id and a.position = 0
         where c.tenant_id = kernel.tenant_id() and c.merged_into is null and c.id > $1 order by c.id limit ${BATCH}`,
        [after],
      );
      yield rows.map((row) => HEADER.map((column) => row[column]));
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      after = last.id;
    }
  }
}
