import { SYSTEM } from '../../kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { isUuid, newId } from '../../kernel/ids/ids';
import { defineCommand } from '../command';
import { UsageError } from '../context';

export const command = defineCommand({
  name: 'deliveries:replay',
  summary: 'let dead deliveries run again',
  usage: '[<id>] [--name <name>]',
  description:
    'Without an id: every dead delivery, or those of one reaction, timer or job. They run as soon as a worker is up, with their attempts forgotten.',
  positionals: 1,
  options: { name: { type: 'string', help: 'only of this reaction, timer or job' } },
  async run(context) {
    const [id] = context.args;
    const { name } = context.values;
    if (id !== undefined && !isUuid(id)) throw new UsageError('A delivery id is a UUID, as deliveries:list shows it.');
    if (id === undefined) await context.confirm(`Replay every dead delivery${name ? ` of ${name}` : ''}?`);
    const app = await context.application();
    const { Deliveries } = await import('../../kernel/messaging/deliveries.js');
    const replayed = await runInContext({ requestId: newId(), tenantId: PLATFORM_TENANT, principal: SYSTEM }, () =>
      app.get(Deliveries, { strict: false }).replay(id ? { id } : { state: 'dead', name }),
    );
    context.out.result(
      { replayed: replayed.map((delivery) => delivery.id) },
      replayed.length === 0 ? 'Nothing is dead.' : `${replayed.length} will run again.`,
    );
  },
});
