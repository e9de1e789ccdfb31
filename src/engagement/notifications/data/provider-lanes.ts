import { Injectable } from '@nestjs/common';
import { counterStatement, Database, writerStatement } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { logger } from '../../../kernel/telemetry/logger';

/** A way out to a provider, as all processes see it. */
export interface LaneView {
  name: string;
  /** Nothing goes out before. */
  shutUntil: Date | null;
  shutFor: string | null;
  /** What only people can put right, and since when; null once something went out again. */
  alarm: string | null;
  alarmAt: Date | null;
}

const TAKE = `insert into notifications.provider_lanes as l (name, permits, refilled_at) values ($1, $3::float8 - $2::float8, kernel.now())
  on conflict (name) do update set refilled_at = kernel.now(),
    permits = least($3::float8, l.permits + greatest(0, extract(epoch from kernel.now() - l.refilled_at)) * $3::float8 / 60) - $2::float8
  where (l.shut_until is null or l.shut_until <= kernel.now())
    and least($3::float8, l.permits + greatest(0, extract(epoch from kernel.now() - l.refilled_at)) * $3::float8 / 60) >= least($2::float8, $3::float8)
  returning name`;
const RESERVE = `insert into notifications.provider_lanes as l (name, permits, refilled_at) values ($1, $2::float8 - 1, kernel.now())
  on conflict (name) do update set refilled_at = kernel.now(),
    permits = least($2::float8, l.permits + greatest(0, extract(epoch from kernel.now() - l.refilled_at)) * $3::float8) - 1
  returning permits`;
const WAIT = `select ceil(greatest(1, extract(epoch from shut_until - kernel.now()), ($2::float8 - permits) * 60 / $3::float8))::int as seconds
  from notifications.provider_lanes where name = $1`;
const SHUT = `insert into notifications.provider_lanes as l (name, refilled_at, shut_until, shut_for, alarm, alarm_at)
  values ($1, kernel.now(), kernel.now() + make_interval(secs => $2::float8), $3, $4::text, case when $4::text is not null then kernel.now() end)
  on conflict (name) do update set shut_until = greatest(l.shut_until, excluded.shut_until), shut_for = excluded.shut_for,
    alarm = coalesce(excluded.alarm, l.alarm), alarm_at = case when excluded.alarm is null or l.alarm is not null then l.alarm_at else excluded.alarm_at end`;
const ALARM = `insert into notifications.provider_lanes as l (name, refilled_at, alarm, alarm_at) values ($1, kernel.now(), $2, kernel.now())
  on conflict (name) do update set alarm = excluded.alarm, alarm_at = case when l.alarm is null then excluded.alarm_at else l.alarm_at end`;
const SHUT_NOW = `select name, shut_until as "shutUntil" from notifications.provider_lanes
  where name = any($1::text[]) and shut_until > kernel.now()`;
const ALARMED = `select name from notifications.provider_lanes where name = any($1::text[]) and alarm is not null`;
const CALM = `update notifications.provider_lanes set alarm = null, alarm_at = null where name = any($1::text[]) and alarm is not null`;
const ALL = `select name, shut_until as "shutUntil", shut_for as "shutFor", alarm, alarm_at as "alarmAt" from notifications.provider_lanes order by name`;

/** The most that a lane without a quota hands over in a minute; as good as none. */
const NO_QUOTA = 1e9;

/**
 * Quotas and closures of providers, shared by every process: a token bucket a lane (a minute's quota at most at once),
 * shut for as long as the provider said, with an alarm where people must act.
 */
@Injectable()
export class ProviderLanes {
  constructor(private readonly database: Database) {}

  /**
   * Takes permits for so many messages.
   * @returns 0 when they may go, else the seconds after which to ask again
   */
  async take(lane: string, messages: number, perMinute: number | null): Promise<number> {
    const quota = perMinute ?? NO_QUOTA;
    // A batch is never larger than a minute's quota: it would wait for ever.
    const asked = Math.min(messages, quota);
    const results = await this.database.send([
      counterStatement(PLATFORM_TENANT),
      named(TAKE, [lane, asked, quota]),
      named(WAIT, [lane, asked, quota]),
    ]);
    if (results[1].rows.length > 0) return 0;
    return Number((results[2].rows[0] as { seconds: number } | undefined)?.seconds ?? 1);
  }

  /**
   * Takes a permit for one message, of the coming minutes if need be: whoever is told to wait has it then, and asks no
   * more. Within any minute at most `perMinute` are handed over, but for what does not wait.
   * @param waits false for what is critical: it is counted and goes at once
   * @returns seconds to wait; 0 when it may go
   */
  async reserve(lane: string, perMinute: number, waits: boolean): Promise<number> {
    // At once a sixth of it, and five sixths in the minute after.
    const burst = Math.max(1, perMinute / 6);
    const perSecond = (perMinute * 5) / 6 / 60;
    const results = await this.database.send([
      counterStatement(PLATFORM_TENANT),
      named(RESERVE, [lane, burst, perSecond]),
    ]);
    const { permits } = results[1].rows[0] as { permits: number };
    return waits && permits < 0 ? -permits / perSecond : 0;
  }

  /** Those of the lanes that are shut, with the end of it. */
  async shutAmong(lanes: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.database.readPlatform<{ name: string; shutUntil: Date }>(SHUT_NOW, [lanes]);
    return new Map(rows.map(({ name, shutUntil }) => [name, shutUntil]));
  }

  async shut(lane: string, seconds: number, reason: string, alarm?: string): Promise<void> {
    logger[alarm ? 'error' : 'warn']({ lane, seconds, reason, alarm }, 'nothing is handed to a provider for a while');
    await this.write(SHUT, [lane, seconds, reason, alarm ?? null]);
  }

  async alarm(lane: string, alarm: string): Promise<void> {
    logger.error({ lane, alarm }, 'a provider has to be looked at');
    await this.write(ALARM, [lane, alarm]);
  }

  /** Something went out again: what was wrong is right now. */
  async calm(lanes: readonly string[]): Promise<void> {
    const rows = await this.database.readPlatform<{ name: string }>(ALARMED, [lanes]);
    if (rows.length > 0) await this.write(CALM, [rows.map(({ name }) => name)]);
  }

  all(): Promise<LaneView[]> {
    return this.database.readPlatform<LaneView>(ALL);
  }

  private async write(text: string, params: unknown[]): Promise<void> {
    await this.database.send([writerStatement(PLATFORM_TENANT), named(text, params, false)]);
  }
}
