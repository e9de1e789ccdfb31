import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../clock/monotonic';
import { HealthRegistry } from '../health/health.registry';
import { registerGauge, registerPool } from '../telemetry/metrics';
import { QueueConnection } from './queue-connection';
import { QUEUE_STATES, Queues, type QueueCounts } from './queues';
import type { QueueName } from './reaction';

/** Counts are used again for so long: a scrape reads one gauge for each state (milliseconds). */
const REUSE_MS = 1_000;

/** What metrics and readiness say of the queues. */
@Injectable()
export class QueueReports implements OnModuleInit {
  private last?: { at: number; counts: Promise<Record<QueueName, QueueCounts>> };

  constructor(
    private readonly queues: Queues,
    private readonly connection: QueueConnection,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    for (const state of QUEUE_STATES) {
      registerGauge({
        name: `queue_jobs_${state}`,
        help: `Jobs ${state} in each queue.`,
        label: 'queue',
        read: async () => Object.entries(await this.counts()).map(([queue, counts]) => [queue, counts[state]] as const),
      });
    }
    if (this.connection.pool) registerPool('queues', this.connection.pool);
    // Not critical: requests are answered without queues, and deliveries keep what is to be handed over.
    this.health?.add({
      name: 'queues',
      critical: false,
      check: async () => {
        const all = Object.values(await this.counts());
        const sum = (state: keyof QueueCounts): number => all.reduce((total, counts) => total + counts[state], 0);
        return {
          message: `${this.queues.backend}: ${sum('waiting')} waiting, ${sum('active')} running, ${sum('delayed')} delayed, ${sum('failed')} failed`,
        };
      },
    });
  }

  private counts(): Promise<Record<QueueName, QueueCounts>> {
    const now = monotonicMs();
    if (!this.last || now - this.last.at >= REUSE_MS) this.last = { at: now, counts: this.queues.counts() };
    return this.last.counts;
  }
}
