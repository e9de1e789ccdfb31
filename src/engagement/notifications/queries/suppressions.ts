import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Channel } from '../contracts/channels';
import { SuppressionRepository, type SuppressionReason } from '../data/suppression.repository';

/** An address that gets nothing any more, as far as it is known. */
export interface SuppressionFacts {
  id: string;
  channel: Channel;
  /** As much of it as its owner would know it by. */
  address: string;
  /** Null: nothing at all; else nothing about this. */
  category: string | null;
  reason: SuppressionReason;
  note: string | null;
  createdAt: string;
}

/** The newest first; with `address` those of one address. */
export class ListSuppressionsQuery extends Query<Page<SuppressionFacts>> {
  constructor(readonly list: ListQuery & { address?: string }) {
    super();
  }
}

const SUPPRESSIONS = keyset({
  id: 's.id',
  sorts: { createdAt: { sql: 's.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    channel: { sql: 's.channel', type: 'text' },
    reason: { sql: 's.reason', type: 'text' },
    address: (digests: string[], place) => `s.address_digest = any(${place(digests, 'bytea[]')})`,
  },
});

interface Row extends Omit<SuppressionFacts, 'createdAt'> {
  created_at: Date;
}

@QueryHandler(ListSuppressionsQuery)
export class ListSuppressionsHandler implements IQueryHandler<ListSuppressionsQuery> {
  constructor(
    private readonly database: Database,
    private readonly suppressions: SuppressionRepository,
  ) {}

  execute({ list: { address, ...list } }: ListSuppressionsQuery): Promise<Page<SuppressionFacts>> {
    const digests =
      address === undefined ? undefined : this.suppressions.digests(address).map((one) => `\\x${one.toString('hex')}`);
    return SUPPRESSIONS.run<Row, SuppressionFacts>(
      this.database,
      { ...list, ...(digests ? { address: digests } : {}) } as ListQuery,
      {
        select: 's.id, s.channel, s.address_hint as address, s.category, s.reason, s.note, s.created_at',
        from: 'notifications.suppressions s',
        where: 's.tenant_id = kernel.tenant_id()',
        map: ({ created_at, ...row }) => ({
          id: row.id,
          channel: row.channel,
          address: row.address,
          category: row.category,
          reason: row.reason,
          note: row.note,
          createdAt: created_at.toISOString(),
        }),
      },
    );
  }
}
