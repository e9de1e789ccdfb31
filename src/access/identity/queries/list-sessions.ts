import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import type { DeviceKind } from '../domain/device';
import { placeName } from '../domain/place-name';
import { sessionWithoutUser, userNotFound } from '../domain/identity.errors';

export interface ListedSession {
  id: string;
  device: { id: string | null; name: string; kind: DeviceKind; trusted: boolean };
  /** Country by the address of the latest sign-in or refresh, where it is known. */
  place: { country: string; name: string } | null;
  ip: string | null;
  /** The session that asks. */
  current: boolean;
  aal: number;
  transport: 'bearer' | 'cookie';
  organizationId: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** When it ends unless it is refreshed before. */
  expiresAt: Date;
}

interface Row {
  id: string;
  deviceId: string | null;
  deviceName: string | null;
  kind: DeviceKind | null;
  trusted: boolean;
  country: string | null;
  ip: string | null;
  aal: number;
  transport: 'bearer' | 'cookie';
  organizationId: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

const SESSIONS = keyset({
  id: 's.id',
  sorts: {
    lastSeenAt: { sql: 's.last_seen_at', type: 'timestamptz' },
    createdAt: { sql: 's.created_at', type: 'timestamptz' },
  },
  defaultSort: '-lastSeenAt',
});

const SELECT = `s.id, s.device_id as "deviceId", s.device_name as "deviceName", d.kind, d.trusted_at is not null as trusted,
  s.country, s.ip, s.aal, s.transport, s.organization_id as "organizationId", s.created_at as "createdAt",
  s.last_seen_at as "lastSeenAt", least(s.idle_expires_at, s.absolute_expires_at) as "expiresAt"`;
const FROM = `identity.sessions s left join identity.devices d on d.user_id = s.user_id and d.device_id = s.device_id`;
const LIVE = `s.revoked_at is null and s.idle_expires_at > kernel.now() and s.absolute_expires_at > kernel.now()`;

const viewOf =
  (current: string | null) =>
  ({ deviceId, deviceName, kind, trusted, country, ...row }: Row): ListedSession => ({
    id: row.id,
    device: { id: deviceId, name: deviceName ?? 'Unknown device', kind: kind ?? 'unknown', trusted },
    place: country === null ? null : { country, name: placeName(country) ?? country },
    ip: row.ip,
    current: row.id === current,
    aal: row.aal,
    transport: row.transport,
    organizationId: row.organizationId,
    createdAt: row.createdAt,
    lastSeenAt: row.lastSeenAt,
    expiresAt: row.expiresAt,
  });

/** The caller's live sessions, wherever they work. */
export class ListSessionsQuery extends Query<Page<ListedSession>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A member's live sessions that work in the context's organization. @throws AppError not-found for no member */
export class ListMemberSessionsQuery extends Query<Page<ListedSession>> {
  constructor(
    readonly userId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListSessionsQuery)
export class ListSessionsHandler implements IQueryHandler<ListSessionsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListSessionsQuery): Promise<Page<ListedSession>> {
    const { userId, sessionId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    return SESSIONS.run<Row, ListedSession>(platformRows(this.database), list, {
      select: SELECT,
      from: FROM,
      where: `s.user_id = $1 and ${LIVE}`,
      params: [userId],
      map: viewOf(sessionId),
    });
  }
}

@QueryHandler(ListMemberSessionsQuery)
export class ListMemberSessionsHandler implements IQueryHandler<ListMemberSessionsQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ userId, list }: ListMemberSessionsQuery): Promise<Page<ListedSession>> {
    const { tenantId, principal } = currentContext();
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(userId));
    if (!memberships.some(({ organization }) => organization.id === tenantId)) throw userNotFound();
    return SESSIONS.run<Row, ListedSession>(platformRows(this.database), list, {
      select: SELECT,
      from: FROM,
      where: `s.user_id = $1 and s.organization_id = $2 and ${LIVE}`,
      params: [userId, tenantId],
      map: viewOf(principal.sessionId),
    });
  }
}

/** Sessions are of the platform: their rows are read without a tenant. */
export const platformRows = (database: Database): Pick<Database, 'read'> => ({
  read: (text, params) => database.readPlatform(text, params),
});
