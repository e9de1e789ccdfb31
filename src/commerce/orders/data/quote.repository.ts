import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CustomerQuote, type QuoteRecord } from '../domain/customer-quote';
import { staleQuote } from '../domain/quotes.errors';

/** First number of a shop's quotes. */
const FIRST_NUMBER = 1;

export const QUOTE_COLUMNS = `q.id, q.number, q.status, q.email, q.shipping_address as "shippingAddress", q.currency, q.total, q.content,
  q.note, q.valid_days as "validDays", q.valid_until as "validUntil", q.token_hash as "tokenHash", q.order_id as "orderId",
  q.decline_reason as "declineReason", q.created_at as "createdAt", q.sent_at as "sentAt", q.decided_at as "decidedAt", q.version`;

/** Stores quotes. */
@Injectable()
export class QuoteRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** A quote, locked; null when the shop has none with this id. */
  async lock(id: string): Promise<CustomerQuote | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<QuoteRecord>(
      `select ${QUOTE_COLUMNS} from orders.quotes q where q.tenant_id = $1 and q.id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ? CustomerQuote.of(row) : null;
  }

  /** Stores a new quote under the shop's next number; whoever has it holds the counter until the commit. */
  async insert({ record }: CustomerQuote): Promise<void> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ number: string }>(
      `with counter as (
         insert into orders.quote_counters (tenant_id, id, last) values ($1, $1, ${FIRST_NUMBER})
         on conflict (tenant_id, id) do update set last = quote_counters.last + 1 returning last
       )
       insert into orders.quotes (tenant_id, id, number, status, email, shipping_address, currency, total, content, note, valid_days, created_at)
       select $1, $2, 'Q-' || lpad(counter.last::text, 5, '0'), 'draft', $3, $4, $5, $6, $7, $8, $9, $10 from counter returning number`,
      [
        tx.tenantId,
        record.id,
        record.email,
        JSON.stringify(record.shippingAddress),
        record.currency,
        record.total,
        JSON.stringify(record.content),
        record.note,
        record.validDays,
        record.createdAt,
      ],
    );
    record.number = row.number;
  }

  /** Writes a changed quote. @throws AppError conflict `orders.stale-quote` */
  async save({ record }: CustomerQuote): Promise<void> {
    const tx = this.uow.current();
    const affected = await tx.execute(
      `update orders.quotes set status = $4, email = $5, shipping_address = $6, currency = $7, total = $8, content = $9, note = $10,
         valid_days = $11, valid_until = $12, token_hash = $13, order_id = $14, decline_reason = $15, sent_at = $16, decided_at = $17,
         version = version + 1
       where tenant_id = $1 and id = $2 and version = $3`,
      [
        tx.tenantId,
        record.id,
        record.version,
        record.status,
        record.email,
        JSON.stringify(record.shippingAddress),
        record.currency,
        record.total,
        JSON.stringify(record.content),
        record.note,
        record.validDays,
        record.validUntil,
        record.tokenHash,
        record.orderId,
        record.declineReason,
        record.sentAt,
        record.decidedAt,
      ],
    );
    if (affected !== 1) throw staleQuote();
    record.version += 1;
  }
}
