import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { PLATFORM_TENANT, runInContext } from '../../src/kernel/context/request-context';
import { Database, tenantStatement } from '../../src/kernel/database/database';
import { named } from '../../src/kernel/database/statements';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { AS_WORKER } from '../../src/kernel/messaging/deliveries';
import type { StoredEvent } from '../../src/kernel/messaging/domain-event';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { deliveriesUnderKills } from '../scenarios/deliveries-under-kills';

/** The naive worker: claims without a lock, and marks done in a transaction of its own after the effect. */
@Injectable()
class NaiveWorker {
  private running = false;
  private loop: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly registry: MessagingRegistry,
  ) {}

  start(): void {
    this.running = true;
    this.loop = this.work();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async work(): Promise<void> {
    while (this.running) {
      await this.once().catch(() => undefined);
      await pause(1);
    }
  }

  private async once(): Promise<void> {
    const claimed = await this.database.send([
      tenantStatement(PLATFORM_TENANT),
      AS_WORKER,
      named(
        `select id, tenant_id, event_id, name from kernel.deliveries where due_at <= kernel.now() order by due_at limit 10`,
      ),
    ]);
    for (const row of claimed[2].rows as { id: string; tenant_id: string; event_id: string; name: string }[]) {
      await runInContext({ tenantId: row.tenant_id, principal: SYSTEM }, async () => {
        const [event] = await this.database.read<StoredEvent>(
          'select id, payload from kernel.events where tenant_id = $1 and id = $2',
          [row.tenant_id, row.event_id],
        );
        await this.uow
          .run((tx) => this.registry.reaction(row.name)!.instance.react(event as never, tx))
          .catch(() => undefined);
        await this.uow.run((tx) =>
          tx.execute('delete from kernel.deliveries where tenant_id = $1 and id = $2', [row.tenant_id, row.id]),
        );
      });
    }
  }
}

it('has each effect exactly once: 300 events, two reactions, failing handlers, killed workers', async () => {
  const outcome = await deliveriesUnderKills(NaiveWorker);
  expect(outcome).toMatchObject({ wrong: 0, effects: 600, left: 0 });
});
