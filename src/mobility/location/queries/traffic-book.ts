import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { RoadTraffic } from '../contracts/routes';
import type { StoredTraffic } from '../contracts/stored-traffic';
import { TrafficRepository } from '../data/traffic.repository';
import { offsetAt } from '../domain/traffic-profile';

/** What of the kept traffic a question wants. */
export interface WantedTraffic {
  /** Name of a profile; null: none; without, the default one. */
  profile?: string | null;
  /** Do roads that are kept as slow or closed count? Default: yes. */
  overrides?: boolean;
}

/** The traffic that the organization of the request keeps. Nobody else's is ever read for it. */
@Injectable()
export class TrafficBook {
  constructor(
    private readonly traffic: TrafficRepository,
    private readonly clock: Clock,
  ) {}

  /** @returns null where nothing counts; 'unknown' where no profile has the name */
  async at(departMs: number, { profile, overrides = true }: WantedTraffic): Promise<StoredTraffic | 'unknown' | null> {
    const kept = await this.traffic.kept(currentContext().tenantId!);
    const wanted = profile?.toLowerCase();
    const row = kept.profiles.find(({ name, is_default }) =>
      profile === undefined ? is_default : name.toLowerCase() === wanted,
    );
    if (profile != null && !row) return 'unknown';
    const roads = overrides
      ? kept.overrides
          .map(({ roads: where, factor, starts_at, ends_at }) => ({
            ...{ ...where, factor, fromMs: starts_at.getTime(), untilMs: ends_at?.getTime() ?? Infinity },
          }))
          .filter(({ untilMs }) => untilMs > departMs)
      : [];
    if (!row && roads.length === 0) return null;
    const { name, rules, time_zone } = row ?? { name: '', rules: [], time_zone: 'UTC' };
    return { profile: row ? { name, rules, offset: offsetAt(time_zone, departMs) } : null, overrides: roads };
  }

  /** How roads are when a plan begins. A profile that was deleted since it was asked for is said to be missing. */
  async ofPlan({ departAt, ...wanted }: WantedTraffic & { departAt?: string } = {}): Promise<{
    traffic?: RoadTraffic;
    note?: string;
  }> {
    const departMs = departAt === undefined ? this.clock.nowMs() : Date.parse(departAt);
    const found = await this.at(departMs, wanted);
    const note = found === 'unknown' ? `The profile of traffic "${wanted.profile}" is no more.` : undefined;
    const stored = found === 'unknown' ? await this.at(departMs, { ...wanted, profile: null }) : found;
    if (!stored || stored === 'unknown') return { note };
    return { traffic: { departMs, utcOffsetMinutes: 0, factors: {}, roads: [], stored }, note };
  }
}
