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
    '  npx --no mainstay ledger:backfill --channel import --tenant demo',
  options: {
    channel: { type: 'string', help: '<channel> import' },
    tenant: { type: 'string', help: '<slug> whose orders; default demo' },
  },
  async run(context) {
    const { channel, tenant = 'demo' } = context.values;
    if (channel !== 'import')
      throw new UsageError('Say --channel import: orders of the shop are posted as they happen.');
    const app = await context.application();
    const { CommandBus } = await import('@nestjs/cqrs');
    const { BackfillLedgerCommand } = await import('../../money/ledger/contracts/backfill-ledger.js');
    const tenantId = await tenantIdOf(context, tenant);
    const commands = app.get(CommandBus, { strict: false });
    const bar = context.out.progress(`Posting orders of ${tenant}`);
    let orders = 0;
    let journals = 0;
    let after: string | null = null;
    do {
      const from: string | null = after;
      const batch: BackfillReport = await runInContext({ requestId: newId(), tenantId, principal: SYSTEM }, () =>
        commands.execute(new BackfillLedgerCommand({ channel, after: from })),
      );
      orders += batch.orders;
      journals += batch.journals;
      bar.advance(batch.orders, orders + batch.left);
      after = batch.after;
    } while (after !== null);
    bar.finish();
    const found = orders === 0 ? `${tenant} has no imported orders.` : `${orders} imported orders of ${tenant}: `;
    const done = orders === 0 ? '' : journals === 0 ? 'all are on the books already.' : `${journals} journals posted.`;
    context.out.result({ tenant, orders, journals }, `${found}${done}`);
  },
});
