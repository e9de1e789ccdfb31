import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { clock } from '../../../../kernel/clock/clock';
import { HealthRegistry, type HealthFinding } from '../../../../kernel/health/health.registry';
import { ProviderLanes } from '../../data/provider-lanes';
import { PushSenders } from './push-senders';

/** Tells under `/health/ready` how the ways to push services are; only where one is configured. */
@Injectable()
export class PushHealth implements OnModuleInit {
  constructor(
    private readonly senders: PushSenders,
    private readonly lanes: ProviderLanes,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    if (this.senders.isConfigured) this.health?.add({ name: 'push', critical: false, check: () => this.check() });
  }

  /** What the last messages met with: push services have nothing to ask them for. */
  async check(): Promise<HealthFinding> {
    const lanes = await this.lanes.all();
    const alarms = lanes.filter(({ alarm }) => alarm !== null);
    if (alarms.length > 0)
      return { status: 'degraded', message: alarms.map(({ name, alarm }) => `${name}: ${alarm}`).join(' ') };
    const shut = lanes.filter(({ shutUntil }) => shutUntil && shutUntil > clock.now());
    if (shut.length > 0)
      return {
        status: 'degraded',
        message: shut
          .map(({ name, shutUntil, shutFor }) => `${name} waits until ${shutUntil!.toISOString()} (${shutFor})`)
          .join(', '),
      };
    const ready = this.senders.all.filter(({ isConfigured }) => isConfigured).map(({ provider }) => provider);
    return { message: `Push messages go out by ${ready.join(', ')}.` };
  }
}
