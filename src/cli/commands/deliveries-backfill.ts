import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { SYSTEM } from '../../kernel/auth/principal';
import { newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';
import { tenantIdOf } from '../tenant';

export const command = defineCommand({
  name: 'deliveries:backfill',
  summary: 'let a reaction run for events that happened before it existed',
  usage: '<reaction> --tenant <slug> --since <time>',
  description:
    'Makes one delivery of the reaction for each event of the organization that it is about (events are kept 30 days); they run\n' +
    'as soon as a worker is up. Those that wait already are not made twice, but those that are done run again: for reactions\n' +
    'that are new, or were wrong.\n\n' +
    '  npx --no mainstay deliveries:backfill ledger.issue-gift-cards-when-order-paid --tenant demo --since 2026-03-01',
  positionals: 1,
  options: {
    tenant: { type: 'string', help: '<slug> the organization whose events are meant' },
    since: { type: 'string', help: '<time> the first moment that counts: 2026-03-01 or 2026-03-01T12:00:00Z' },
  },
  async run(context) {
    const [reaction] = context.args;
    const { tenant, since } = context.values;
    if (!reaction) throw new UsageError('Say which reaction: its name, as deliveries:list shows names.');
    if (!tenant) throw new UsageError('Say --tenant <slug>.');
    if (!since) throw new UsageError('Say --since <time>.');
    const from = new Date(since);
    if (Number.isNaN(from.getTime()))
      throw new UsageError(`"${since}" is no time; write 2026-03-01 or 2026-03-01T12:00:00Z.`);
    await context.confirm(
      `Run ${reaction} for all events of ${tenant} since ${from.toISOString()}, those that it had too?`,
    );
    const app = await context.application();
    const tenantId = await tenantIdOf(context, tenant);
    const { Deliveries } = await import('../../kernel/messaging/deliveries.js');
    const bar = context.out.progress(`Looking at events of ${tenant}`);
    let [looked, made] = [0, 0];
    try {
      made = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
        app.get(Deliveries, { strict: false }).backfill(tenantId, reaction, from, (done, all) => {
          bar.advance(done - looked, all);
          looked = done;
        }),
      );
    } finally {
      bar.finish();
    }
    context.out.result({ events: looked, deliveries: made }, `${looked} events, ${made} deliveries made.`);
  },
});
