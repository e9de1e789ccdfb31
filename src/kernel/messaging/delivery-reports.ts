import { Injectable, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../clock/monotonic';
import { registerGauge } from '../telemetry/metrics';
import { Deliveries, type DeliveryCounts } from './deliveries';

/** Counts are used again for so long: a scrape reads several gauges (milliseconds). */
const REUSE_MS = 1_000;

/** What metrics say of deliveries, over all tenants. */
@Injectable()
export class DeliveryReports implements OnModuleInit {
  private last?: { at: number; counts: Promise<DeliveryCounts> };

  constructor(private readonly deliveries: Deliveries) {}

  onModuleInit(): void {
    const gauge = (name: string, help: string, pick: (counts: DeliveryCounts) => number): void =>
      registerGauge({ name, help, read: async () => pick(await this.counts()) });
    gauge(
      'deliveries_pending',
      'Reactions, timers and jobs that wait, those that are not due yet included.',
      (c) => c.pending,
    );
    gauge('deliveries_handed', 'Jobs that were handed to their queue and have not ended.', (c) => c.handed);
    gauge('deliveries_dead', 'Deliveries that nobody will try again until they are replayed.', (c) => c.dead);
    gauge(
      'deliveries_oldest_age_seconds',
      'Seconds since the longest waiting delivery was due.',
      (c) => c.oldestSeconds,
    );
  }

  private counts(): Promise<DeliveryCounts> {
    const now = monotonicMs();
    if (!this.last || now - this.last.at >= REUSE_MS) this.last = { at: now, counts: this.deliveries.counts() };
    return this.last.counts;
  }
}
