import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../context/request-context';
import { Database } from '../database/database';
import type { ConnectionPage, ConnectionView, ListConnectionsParams } from './connections.dto';

type Row = Omit<ConnectionView, 'connectedAt' | 'tenantId'> & { connectedAt: Date; tenantId: string };

const COLUMNS = `c.id, c.tenant_id as "tenantId", c.user_id as "userId", c.session_id as "sessionId", c.person,
  case when c.away then 'away' else 'online' end as state, c.address, c.client, c.node_id as "nodeId", n.host,
  c.connected_at as "connectedAt"`;
/* eslint-disable no-restricted-syntax -- Leases follow the machine's time: who moves the kernel's clock ends no process. */
const OF_TENANT = `
  select ${COLUMNS} from realtime.connections c
  join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
  where c.tenant_id = $1 and c.gone_at is null and ($2::uuid is null or c.id < $2) order by c.id desc limit $3`;
/* eslint-enable no-restricted-syntax */
const EVERYWHERE = `
  select ${COLUMNS} from realtime.connections_everywhere($1, $2) c
  join realtime.nodes n on n.id = c.node_id order by c.id desc`;

/** Live connections of all processes, newest first. */
@Injectable()
export class ConnectionList {
  constructor(private readonly database: Database) {}

  async ofTenant(tenantId: string, { cursor = null, limit }: Listed): Promise<ConnectionPage> {
    return pageOf(await this.database.readAs<Row>(tenantId, OF_TENANT, [tenantId, cursor, limit + 1]), limit);
  }

  async everywhere({ cursor = null, limit }: Listed): Promise<ConnectionPage> {
    return pageOf(await this.database.readPlatform<Row>(EVERYWHERE, [cursor, limit + 1]), limit);
  }

  /** The tenant of a live connection, `PLATFORM_TENANT` for one without; null where there is no such connection. */
  async tenantOf(id: string): Promise<string | null> {
    const sql = 'select realtime.connection_anywhere($1) as "tenantId"';
    const [{ tenantId }] = await this.database.readPlatform<{ tenantId: string | null }>(sql, [id]);
    return tenantId;
  }
}

type Listed = Omit<ListConnectionsParams, 'cursor'> & { cursor?: string | null };

function pageOf(rows: Row[], limit: number): ConnectionPage {
  const data = rows.slice(0, limit).map(({ tenantId, connectedAt, ...row }) => ({
    ...row,
    tenantId: tenantId === PLATFORM_TENANT ? null : tenantId,
    connectedAt: connectedAt.toISOString(),
  }));
  const hasMore = rows.length > limit;
  return { data, page: { limit, hasMore, nextCursor: hasMore ? data[data.length - 1].id : null } };
}
