import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { AppError } from '../../../kernel/errors/app-error';
import { RefusedCountsQuery, type RefusedCount } from '../contracts/refused-counts';
import { belowReserved, serialsUncounted } from '../domain/inventory.errors';

/** What there is to judge one count by. */
interface CountFacts {
  sku: string;
  wanted: number;
  onHand: number;
  reserved: number;
  /** Pieces that nobody was promised and that can be had, by lots. */
  free: number;
  serials: boolean;
}

@QueryHandler(RefusedCountsQuery)
export class RefusedCountsHandler implements IQueryHandler<RefusedCountsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { lines } }: RefusedCountsQuery): Promise<RefusedCount[]> {
    if (lines.length === 0) return [];
    const rows = await this.database.read<CountFacts>(
      `select x.sku, x.wanted, coalesce(l.on_hand, 0) as "onHand", coalesce(l.reserved, 0) as reserved, coalesce(t.free, 0)::bigint as free,
         exists (select from inventory.item_settings i where i.tenant_id = kernel.tenant_id() and i.sku = x.sku and i.serials) as serials
       from unnest($1::text[], $2::bigint[]) as x(sku, wanted)
       left join inventory.locations p on p.tenant_id = kernel.tenant_id() and p.is_default
       left join inventory.stock_levels l on l.tenant_id = kernel.tenant_id() and l.sku = x.sku and l.location_id = p.id
       left join lateral (select sum(greatest(t.on_hand - t.unavailable - t.reserved, 0)) as free from inventory.stock_lots t
         where t.tenant_id = kernel.tenant_id() and t.level_id = l.id and t.on_hand > 0) t on true
       where x.wanted <> coalesce(l.on_hand, 0)`,
      [lines.map(({ sku }) => sku), lines.map(({ onHand }) => onHand)],
    );
    return rows.flatMap((row) => {
      const problem = problemOf(row);
      return problem ? [{ sku: row.sku, code: problem.code, detail: problem.detail }] : [];
    });
  }
}

/** The rules of `SetStockCommand`, in its order. */
function problemOf({ sku, wanted, onHand, reserved, free, serials }: CountFacts): AppError | null {
  if (serials) return serialsUncounted([sku]);
  return onHand - wanted > free ? belowReserved([{ sku, onHand: wanted, reserved }]) : null;
}
