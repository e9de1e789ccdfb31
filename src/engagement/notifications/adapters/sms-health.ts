import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import { SmsSender } from './sms-sender';

/** How long an answer of the provider is told again (milliseconds): probes come every few seconds, and calls cost. */
const REUSE_MS = 60_000;

/** Tells under `/health/ready` whether the provider of text messages takes our account; only where one is configured. */
@Injectable()
export class SmsHealth implements OnModuleInit {
  private last?: { at: number; found: Promise<HealthFinding> };

  constructor(
    private readonly sender: SmsSender,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    if (this.sender.isConfigured) this.health?.add({ name: 'sms', critical: false, check: () => this.check() });
  }

  /** What the provider said, at most a minute ago. */
  check(): Promise<HealthFinding> {
    const now = monotonicMs();
    if (!this.last || now - this.last.at >= REUSE_MS) this.last = { at: now, found: this.look() };
    return this.last.found;
  }

  private async look(): Promise<HealthFinding> {
    try {
      await this.sender.verify();
      return { message: 'The provider of text messages takes our account.' };
    } catch (error) {
      return { status: 'degraded', message: (error as Error).message };
    }
  }
}
