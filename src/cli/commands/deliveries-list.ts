import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import type { DeliveryView } from '../../kernel/messaging/deliveries';
import { defineCommand } from '../command';
import { UsageError } from '../context';

const STATES = ['pending', 'handed', 'dead'];

export const command = defineCommand({
  name: 'deliveries:list',
  summary: 'reactions, timers and jobs that wait or are dead',
  usage: '[--state pending|handed|dead] [--name <name>] [--limit <n>]',
  description: 'Lists deliveries of all tenants, oldest first, with what their last try failed with.',
  options: {
    state: { type: 'string', help: 'only those in this state' },
    name: { type: 'string', help: 'only of this reaction, timer or job' },
    limit: { type: 'string', help: 'at most so many (default 50)' },
  },
  async run(context) {
    const { state, name, limit = '50' } = context.values;
    if (state !== undefined && !STATES.includes(state)) throw new UsageError(`A state is one of ${STATES.join(', ')}.`);
    if (!/^[1-9]\d{0,4}$/.test(limit)) throw new UsageError('--limit is a whole number from 1.');
    const app = await context.application();
    const { Deliveries } = await import('../../kernel/messaging/deliveries.js');
    const deliveries = app.get(Deliveries, { strict: false });
    const { rows, counts } = await runInContext(
      { requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM },
      async () => ({
        rows: await deliveries.list({ state: state as DeliveryView['state'] | undefined, name, limit: Number(limit) }),
        counts: await deliveries.counts(),
      }),
    );
    const lines = rows.map(
      (row) =>
        `${row.id}  ${row.state.padEnd(7)}  ${row.name}  due ${row.dueAt.toISOString()}  tries ${row.attempts}${row.lastError ? `  ${row.lastError.split('\n')[0].slice(0, 120)}` : ''}`,
    );
    const sum = `${counts.pending} pending, ${counts.handed} with their queues, ${counts.dead} dead`;
    context.out.result({ deliveries: rows, counts }, [...lines, sum].join('\n'));
  },
});
