import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { CONCURRENCY } from '../../../kernel/messaging/job-runner';
import { Job, NotYet, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import { DeliverPushesCommand } from '../commands/deliver-pushes';

/** Messages of one job: sent side by side, noted together, and in doubt together when their worker is killed. */
export const PUSHES_AT_ONCE = 25;
/** Jobs of one tenant that a process runs at once: one place is always left for the others. */
const FAIR_SHARE = CONCURRENCY.push - 1;
const FAIR_WAIT_SECONDS = 1;

/** Sends a batch of push messages, and comes back for those that have to wait, until all are done with. */
@Job({ name: 'notifications.send-pushes', queue: 'push' })
export class SendPushes implements Runs<{ messageIds: string[] }> {
  private readonly running = new Map<string, number>();

  constructor(private readonly commands: CommandBus) {}

  async run({ messageIds }: { messageIds: string[] }, { tenantId }: RunningJob): Promise<void> {
    const running = this.running.get(tenantId) ?? 0;
    if (running >= FAIR_SHARE) throw new NotYet('other tenants have messages too', FAIR_WAIT_SECONDS);
    this.running.set(tenantId, running + 1);
    let wait: number | null;
    try {
      wait = await this.commands.execute(new DeliverPushesCommand(messageIds));
    } finally {
      const left = this.running.get(tenantId)! - 1;
      if (left > 0) this.running.set(tenantId, left);
      else this.running.delete(tenantId);
    }
    if (wait !== null) throw new NotYet('some messages have to wait', wait);
  }
}

/** Asks for the sending of push messages, in batches of those that are due at the same time. */
export function askForPushes(tx: Transaction, messages: readonly { id: string; dueAt: Date }[], now: Date): void {
  const byTime = new Map<number, string[]>();
  for (const { id, dueAt } of messages) {
    const at = dueAt > now ? dueAt.getTime() : 0;
    byTime.set(at, [...(byTime.get(at) ?? []), id]);
  }
  for (const [at, ids] of byTime)
    for (let from = 0; from < ids.length; from += PUSHES_AT_ONCE)
      tx.job(SendPushes, { messageIds: ids.slice(from, from + PUSHES_AT_ONCE) }, at > 0 ? { dueAt: new Date(at) } : {});
}
