import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { Listener } from '../../../kernel/database/listener';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RoadSelection, TrafficRule } from '../contracts/stored-traffic';
import { MOST_OVERRIDES, MOST_PROFILES } from '../domain/routing/limits';

export interface ProfileRow {
  id: string;
  name: string;
  time_zone: string;
  rules: TrafficRule[];
  is_default: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export interface OverrideRow {
  id: string;
  roads: RoadSelection;
  /** Null: closed. */
  factor: number | null;
  reason: string;
  starts_at: Date;
  ends_at: Date | null;
  version: number;
  created_at: Date;
}

export const PROFILE_COLUMNS = 'id, name, time_zone, rules, is_default, version, created_at, updated_at';
export const OVERRIDE_COLUMNS = 'id, roads, factor, reason, starts_at, ends_at, version, created_at';
const CHANNEL = 'mainstay_traffic';

/** What a process holds of all organizations' traffic, in numbers (hours and ids of ways). */
const MOST_HELD = 4_000_000;

/** What an organization keeps, as it was read: overrides that have not ended. */
export interface KeptTraffic {
  profiles: readonly ProfileRow[];
  overrides: readonly OverrideRow[];
}

const weightOf = ({ profiles, overrides }: KeptTraffic): number =>
  1 +
  profiles.reduce(
    (sum, { rules }) => sum + rules.reduce((all, { hours, wayIds }) => all + hours.length + (wayIds?.length ?? 0), 20),
    0,
  ) +
  overrides.reduce((sum, { roads }) => sum + 20 + (roads.wayIds?.length ?? 0), 0);

export interface ProfileChanges {
  name?: string;
  timeZone?: string;
  rules?: readonly TrafficRule[];
  isDefault?: boolean;
}

export interface OverrideChanges {
  roads?: RoadSelection;
  factor?: number | null;
  reason?: string;
  startsAt?: Date;
  endsAt?: Date | null;
}

/** Profiles of traffic and roads that are slow or closed, and what a process holds of them. */
@Injectable()
export class TrafficRepository implements OnModuleInit {
  /** Notifications are hints: what missed one is read anew after the time to live. */
  private readonly held = new Cache<KeptTraffic>({ name: 'traffic', max: MOST_HELD, ttlMs: 30_000 }, weightOf);

  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
  ) {}

  onModuleInit(): void {
    this.listener.on(CHANNEL, (tenantId) => this.held.delete(tenantId));
    this.listener.onGap(() => this.held.clear());
  }

  /** What the tenant keeps, no more than seconds old. */
  kept(tenantId: string): Promise<KeptTraffic> {
    return this.held.getOrLoad(tenantId, async () => ({
      profiles: await this.database.readAs<ProfileRow>(
        tenantId,
        `select ${PROFILE_COLUMNS} from location.traffic_profiles where tenant_id = $1 order by id limit ${MOST_PROFILES}`,
        [tenantId],
      ),
      overrides: await this.database.readAs<OverrideRow>(
        tenantId,
        `select ${OVERRIDE_COLUMNS} from location.road_overrides
         where tenant_id = $1 and coalesce(ends_at, 'infinity') > kernel.now() order by id limit ${MOST_OVERRIDES}`,
        [tenantId],
      ),
    }));
  }

  /** @returns 'full', 'taken' where another has the name, or the row */
  async insertProfile(tx: Transaction, profile: Required<ProfileChanges>): Promise<ProfileRow | 'full' | 'taken'> {
    await this.takeTurns(tx);
    const [{ count, taken }] = await tx.query<{ count: number; taken: boolean }>(
      `select count(*)::int as count, coalesce(bool_or(lower(name) = lower($2)), false) as taken
       from location.traffic_profiles where tenant_id = $1`,
      [tx.tenantId, profile.name],
    );
    if (taken) return 'taken';
    if (count >= MOST_PROFILES) return 'full';
    if (profile.isDefault) await this.noDefault(tx);
    const [row] = await tx.query<ProfileRow>(
      `insert into location.traffic_profiles (tenant_id, id, name, time_zone, rules, is_default, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, kernel.now(), kernel.now()) returning ${PROFILE_COLUMNS}`,
      [tx.tenantId, newId(), profile.name, profile.timeZone, JSON.stringify(profile.rules), profile.isDefault],
    );
    this.changed(tx);
    return row;
  }

  /** @returns null where there is none, 'taken' where another has the name */
  async changeProfile(tx: Transaction, id: string, changes: ProfileChanges): Promise<ProfileRow | 'taken' | null> {
    await this.takeTurns(tx);
    const [{ there, taken }] = await tx.query<{ there: boolean; taken: boolean }>(
      `select coalesce(bool_or(id = $2), false) as there, coalesce(bool_or(id <> $2 and lower(name) = lower($3)), false) as taken
       from location.traffic_profiles where tenant_id = $1`,
      [tx.tenantId, id, changes.name ?? null],
    );
    if (!there) return null;
    if (taken) return 'taken';
    if (changes.isDefault) await this.noDefault(tx);
    const [row] = await tx.query<ProfileRow>(
      `update location.traffic_profiles set name = coalesce($3, name), time_zone = coalesce($4, time_zone),
         rules = coalesce($5::jsonb, rules), is_default = coalesce($6, is_default), version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 returning ${PROFILE_COLUMNS}`,
      [
        tx.tenantId,
        id,
        changes.name ?? null,
        changes.timeZone ?? null,
        changes.rules ? JSON.stringify(changes.rules) : null,
        changes.isDefault ?? null,
      ],
    );
    this.changed(tx);
    return row;
  }

  /** @returns false where there is none */
  async removeProfile(tx: Transaction, id: string): Promise<boolean> {
    const gone = await tx.execute('delete from location.traffic_profiles where tenant_id = $1 and id = $2', [
      tx.tenantId,
      id,
    ]);
    this.changed(tx);
    return gone > 0;
  }

  /** @returns null where there are too many already */
  async insertOverride(
    tx: Transaction,
    { roads, factor, reason, startsAt, endsAt }: Required<OverrideChanges>,
  ): Promise<OverrideRow | null> {
    await this.takeTurns(tx);
    const [{ count }] = await tx.query<{ count: number }>(
      `select count(*)::int as count from location.road_overrides
       where tenant_id = $1 and coalesce(ends_at, 'infinity') > kernel.now()`,
      [tx.tenantId],
    );
    if (count >= MOST_OVERRIDES) return null;
    const [row] = await tx.query<OverrideRow>(
      `insert into location.road_overrides (tenant_id, id, roads, factor, reason, starts_at, ends_at, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now()) returning ${OVERRIDE_COLUMNS}`,
      [
        ...[tx.tenantId, newId(), JSON.stringify(roads), factor, reason, startsAt, endsAt],
        currentContext().principal.userId,
      ],
    );
    this.changed(tx);
    return row;
  }

  /** The row, locked; null where there is none. */
  async lockOverride(tx: Transaction, id: string): Promise<(OverrideRow & { ended: boolean }) | null> {
    const [row] = await tx.query<OverrideRow & { ended: boolean }>(
      `select ${OVERRIDE_COLUMNS}, coalesce(ends_at <= kernel.now(), false) as ended
       from location.road_overrides where tenant_id = $1 and id = $2 for no key update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async saveOverride(
    tx: Transaction,
    { id, roads, factor, reason, starts_at, ends_at }: OverrideRow,
  ): Promise<OverrideRow> {
    const [row] = await tx.query<OverrideRow>(
      `update location.road_overrides set roads = $3, factor = $4, reason = $5, starts_at = $6, ends_at = $7, version = version + 1
       where tenant_id = $1 and id = $2 returning ${OVERRIDE_COLUMNS}`,
      [tx.tenantId, id, JSON.stringify(roads), factor, reason, starts_at, ends_at],
    );
    this.changed(tx);
    return row;
  }

  private async noDefault(tx: Transaction): Promise<void> {
    await tx.execute('update location.traffic_profiles set is_default = false where tenant_id = $1 and is_default', [
      tx.tenantId,
    ]);
  }

  /** Whoever keeps more, or names it, waits for others of the organization that do. */
  private async takeTurns(tx: Transaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('location.traffic:' || $1, 0)) as taken`, [
      tx.tenantId,
    ]);
  }

  /** This process forgets at once, the others as soon as they hear of it. */
  private changed(tx: Transaction): void {
    const { tenantId } = tx;
    tx.afterCommit(() => {
      this.held.delete(tenantId);
      this.listener.notify(CHANNEL, tenantId);
    });
  }
}
