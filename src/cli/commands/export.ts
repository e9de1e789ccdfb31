import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { tenantIdOf } from '../tenant';

const ENTITIES = ['products', 'customers'] as const;

export const command = defineCommand({
  name: 'export',
  summary: 'export products or customers as CSV or a workbook',
  usage: '<products|customers> --tenant <slug> [--out <file>] [--format csv|xlsx]',
  description:
    'Writes the columns that an import reads; importing the file again changes nothing. Texts that a spreadsheet would\n' +
    'compute are kept from it, and come back as they were.\n\n' +
    '  npx --no mainstay export products --tenant demo --out products.csv',
  positionals: 1,
  options: {
    tenant: { type: 'string', help: '<slug> the shop whose rows are exported' },
    out: { type: 'string', help: '<file> where to write; default standard output' },
    format: { type: 'string', help: 'csv or xlsx; default what the name of the file says, else csv' },
  },
  async run(context) {
    const [entity] = context.args;
    const { tenant, out } = context.values;
    if (!ENTITIES.includes(entity as never)) throw new UsageError(`Say what to export: ${ENTITIES.join(' or ')}.`);
    if (!tenant) throw new UsageError('Say with --tenant whose data this is.');
    const format = context.values.format ?? (out?.toLowerCase().endsWith('.xlsx') ? 'xlsx' : 'csv');
    if (format !== 'csv' && format !== 'xlsx') throw new UsageError('--format is csv or xlsx.');
    const app = await context.application();
    const { QueryBus } = await import('@nestjs/cqrs');
    const { ExportProductsQuery } = await import('../../commerce/catalog/contracts/export-products.js');
    const { ExportCustomersQuery } = await import('../../commerce/customers/contracts/export-customers.js');
    const tenantId = await tenantIdOf(context, tenant);
    const query = entity === 'products' ? new ExportProductsQuery(format) : new ExportCustomersQuery(format);
    await runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, async () => {
      const pieces = await app.get(QueryBus, { strict: false }).execute(query);
      if (out === undefined)
        return pipeline(Readable.from(pieces, { objectMode: false }), process.stdout, { end: false });
      // A half-written file never has the name of a whole one.
      const draft = `${out}.${process.pid}.part`;
      try {
        await pipeline(Readable.from(pieces, { objectMode: false }), createWriteStream(draft, { mode: 0o600 }));
        await rename(draft, out);
      } finally {
        await rm(draft, { force: true });
      }
    });
    if (out !== undefined) context.out.result({ entity, tenant, file: out }, `${entity} of ${tenant} are in ${out}`);
  },
});
