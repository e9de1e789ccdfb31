import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Area, TrafficRule } from '../contracts/stored-traffic';
import { OVERRIDE_COLUMNS, PROFILE_COLUMNS, type OverrideRow, type ProfileRow } from '../data/traffic.repository';
import { overrideNotFound, profileNotFound } from '../domain/route.errors';

export interface TrafficProfile {
  id: string;
  name: string;
  timeZone: string;
  rules: TrafficRule[];
  isDefault: boolean;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export const OVERRIDE_STATES = ['upcoming', 'in_force', 'ended'] as const;
export type OverrideState = (typeof OVERRIDE_STATES)[number];

export interface RoadOverride {
  id: string;
  area: Area | null;
  wayIds: number[] | null;
  kinds: string[] | null;
  factor: number | null;
  closed: boolean;
  reason: string;
  from: string;
  until: string | null;
  state: OverrideState;
  version: number;
  createdAt: string;
}

export const profileOf = (row: ProfileRow): TrafficProfile => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  rules: row.rules,
  isDefault: row.is_default,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

export const overrideOf = (row: OverrideRow, now: Date): RoadOverride => ({
  id: row.id,
  area: row.roads.area ?? null,
  wayIds: row.roads.wayIds ? [...row.roads.wayIds] : null,
  kinds: row.roads.kinds ? [...row.roads.kinds] : null,
  factor: row.factor,
  closed: row.factor === null,
  reason: row.reason,
  from: row.starts_at.toISOString(),
  until: row.ends_at?.toISOString() ?? null,
  state: row.ends_at && row.ends_at <= now ? 'ended' : row.starts_at > now ? 'upcoming' : 'in_force',
  version: row.version,
  createdAt: row.created_at.toISOString(),
});

export class ListTrafficProfilesQuery extends Query<Page<TrafficProfile>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `location.traffic-profile-not-found` */
export class FindTrafficProfileQuery extends Query<TrafficProfile> {
  constructor(readonly profileId: string) {
    super();
  }
}

export class ListRoadOverridesQuery extends Query<Page<RoadOverride>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `location.road-override-not-found` */
export class FindRoadOverrideQuery extends Query<RoadOverride> {
  constructor(readonly overrideId: string) {
    super();
  }
}

const PROFILES = keyset({
  id: 'id',
  sorts: { createdAt: { sql: 'created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {},
});

const STATE = `(case when ends_at <= kernel.now() then 'ended' when starts_at > kernel.now() then 'upcoming' else 'in_force' end)`;

const OVERRIDES = keyset({
  id: 'id',
  sorts: { createdAt: { sql: 'created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { state: { sql: STATE, type: 'text' } },
});

@QueryHandler(ListTrafficProfilesQuery)
export class ListTrafficProfilesHandler implements IQueryHandler<ListTrafficProfilesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListTrafficProfilesQuery): Promise<Page<TrafficProfile>> {
    return PROFILES.run<ProfileRow, TrafficProfile>(this.database, list, {
      select: PROFILE_COLUMNS,
      from: 'location.traffic_profiles',
      where: 'tenant_id = kernel.tenant_id()',
      params: [],
      map: profileOf,
    });
  }
}

@QueryHandler(FindTrafficProfileQuery)
export class FindTrafficProfileHandler implements IQueryHandler<FindTrafficProfileQuery> {
  constructor(private readonly database: Database) {}

  async execute({ profileId }: FindTrafficProfileQuery): Promise<TrafficProfile> {
    const [row] = await this.database.read<ProfileRow>(
      `select ${PROFILE_COLUMNS} from location.traffic_profiles where tenant_id = kernel.tenant_id() and id = $1`,
      [profileId],
    );
    if (!row) throw profileNotFound();
    return profileOf(row);
  }
}

@QueryHandler(ListRoadOverridesQuery)
export class ListRoadOverridesHandler implements IQueryHandler<ListRoadOverridesQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ list }: ListRoadOverridesQuery): Promise<Page<RoadOverride>> {
    return OVERRIDES.run<OverrideRow, RoadOverride>(this.database, list, {
      select: OVERRIDE_COLUMNS,
      from: 'location.road_overrides',
      where: 'tenant_id = kernel.tenant_id()',
      params: [],
      map: (row) => overrideOf(row, this.clock.now()),
    });
  }
}

@QueryHandler(FindRoadOverrideQuery)
export class FindRoadOverrideHandler implements IQueryHandler<FindRoadOverrideQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ overrideId }: FindRoadOverrideQuery): Promise<RoadOverride> {
    const [row] = await this.database.read<OverrideRow>(
      `select ${OVERRIDE_COLUMNS} from location.road_overrides where tenant_id = kernel.tenant_id() and id = $1`,
      [overrideId],
    );
    if (!row) throw overrideNotFound();
    return overrideOf(row, this.clock.now());
  }
}
