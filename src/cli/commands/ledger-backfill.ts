import { SYSTEM } from '../../kernel/auth/principal';
import { runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { tenantIdOf } from '../tenant';
import type { BackfillReport } from '../../money/ledger/contracts/backfill-ledger';

export const command = defineCommand({
  name: 'ledger:backfill',
  summary: 'post imported orders to the ledger, each once',
  usage: '--channel import [--tenant <slug>]',
  description:
    'Posts what was paid when an order was placed, and its revenue when it was shipped. Orders that are on the books already\n' +
    'post nothing, so that it can be run again after each import.\n\n' +
    '  npx --no mainstay ledger:backfill --channel import',
  options: {
    channel: { type: 'string', help: '<channel> import' },
    tenant: { type: 'string', help: '<slug> only the orders of this organization' },
  },
  async run(context) {
    const { channel, tenant } = context.values;
    if (channel !== 'import')
      throw new UsageError('Say --channel import: orders of the shop are posted as they happen.');
    const app = await context.application();
    const { CommandBus, QueryBus } = await import('@nestjs/cqrs');
    const { AllOrganizationsQuery } = await import('../../access/organizations/contracts/all-organizations.js');
    const { BackfillLedgerCommand } = await import('../../money/ledger/contracts/backfill-ledger.js');
    const within = <T>(tenantId: string | null, work: () => Promise<T>): Promise<T> =>
      runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, work);
    const commands = app.get(CommandBus, { strict: false });
    const queries = app.get(QueryBus, { strict: false });
    const tenants = tenant
      ? [await tenantIdOf(context, tenant)]
      : await within(null, () => queries.execute(new AllOrganizationsQuery()));
    const reports: { tenantId: string; orders: number; journals: number }[] = [];
    for (const tenantId of tenants) {
      const bar = context.out.progress(`Posting orders of ${tenant ?? tenantId}`);
      const report = { tenantId, orders: 0, journals: 0 };
      let after: string | null = null;
      do {
        const from: string | null = after;
        const batch: BackfillReport = await within(tenantId, () =>
          commands.execute(new BackfillLedgerCommand({ channel, after: from })),
        );
        report.orders += batch.orders;
        report.journals += batch.journals;
        bar.advance(batch.orders, report.orders + batch.left);
        after = batch.after;
      } while (after !== null);
      bar.finish();
      if (report.orders > 0) reports.push(report);
    }
    const lines = reports.map(({ tenantId, orders, journals }) => {
      const done = journals === 0 ? 'all are on the books already' : `${journals} journals posted`;
      return `${tenant ?? tenantId}: ${orders} imported orders, ${done}.`;
    });
    const journals = reports.reduce((sum, report) => sum + report.journals, 0);
    context.out.result({ journals, ledgers: reports }, lines.join('\n') || 'There are no imported orders.');
  },
});
