import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { ApiKey } from '../domain/api-key';
import { apiKeyNotFound } from '../domain/api-key.errors';

/** A key without its secrets. */
export type ListedKey = Omit<
  ApiKey,
  'tenantId' | 'secretHash' | 'oldHash' | 'version' | 'isLive' | 'rotate' | 'revoke'
>;

const KEYS = keyset({
  id: 'k.id',
  sorts: {
    createdAt: { sql: 'k.created_at', type: 'timestamptz' },
    expiresAt: { sql: 'k.expires_at', type: 'timestamptz' },
    name: { sql: 'k.name', type: 'text' },
  },
  defaultSort: '-createdAt',
  filters: { ownerId: { sql: 'k.owner_id', type: 'uuid' } },
});

const SELECT = `k.id, k.owner_id as "ownerId", k.name, k.scopes, k.allowed_addresses as "allowedAddresses",
  k.last_four as "lastFour", k.secret_at as "secretAt",
  case when k.old_expires_at > kernel.now() then k.old_last_four end as "oldLastFour",
  case when k.old_expires_at > kernel.now() then k.old_expires_at end as "oldExpiresAt",
  k.rate_per_minute as "ratePerMinute", k.quota_per_day as "quotaPerDay", k.expires_at as "expiresAt",
  k.last_used_at as "lastUsedAt", k.last_used_ip as "lastUsedIp", k.created_at as "createdAt", k.revoked_at as "revokedAt"`;

/** The keys of the context's organization. */
export class ListApiKeysQuery extends Query<Page<ListedKey>> {
  constructor(readonly list: ListQuery & { ownerId?: string }) {
    super();
  }
}

@QueryHandler(ListApiKeysQuery)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeysQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListApiKeysQuery): Promise<Page<ListedKey>> {
    return KEYS.run<ListedKey & Record<string, unknown>, ListedKey>(this.database, list, {
      select: SELECT,
      from: 'identity.api_keys k',
      where: 'k.tenant_id = kernel.tenant_id()',
      map: (row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))) as unknown as ListedKey,
    });
  }
}

/** One key of the context's organization. @throws AppError not-found */
export class ApiKeyQuery extends Query<ListedKey> {
  constructor(readonly keyId: string) {
    super();
  }
}

@QueryHandler(ApiKeyQuery)
export class ApiKeyHandler implements IQueryHandler<ApiKeyQuery> {
  constructor(private readonly database: Database) {}

  async execute({ keyId }: ApiKeyQuery): Promise<ListedKey> {
    const [row] = await this.database.read<ListedKey>(
      `select ${SELECT} from identity.api_keys k where k.tenant_id = kernel.tenant_id() and k.id = $1`,
      [keyId],
    );
    if (!row) throw apiKeyNotFound();
    return row;
  }
}
