import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Credit, CreditNoteDocument, CreditReason } from '../domain/credit-note';
import type { InvoiceDocument } from '../domain/invoice';

/** First number of a shop's invoices, and of its credit notes. */
const FIRST_NUMBER = 1;

/** Stores invoices; the application may read and insert them, and nothing else. */
@Injectable()
export class InvoiceRepository {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
  ) {}

  async find(orderId: string): Promise<InvoiceDocument | null> {
    const [row] = await this.database.read<{ document: InvoiceDocument }>(
      `select document from orders.invoices where tenant_id = kernel.tenant_id() and order_id = $1`,
      [orderId],
    );
    return row?.document ?? null;
  }

  /** The shop's next number; whoever has it holds the counter until the commit, so that none is left out. */
  async nextNumber(): Promise<number> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ last: number }>(
      `insert into orders.invoice_counters (tenant_id, id, last) values ($1, $1, ${FIRST_NUMBER})
       on conflict (tenant_id, id) do update set last = invoice_counters.last + 1 returning last`,
      [tx.tenantId],
    );
    return row.last;
  }

  async insert(orderId: string, document: InvoiceDocument): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into orders.invoices (tenant_id, id, order_id, number, issued_at, document) values ($1, $2, $3, $4, $5, $6)`,
      [tx.tenantId, newId(), orderId, document.number, document.issuedAt, JSON.stringify(document)],
    );
  }

  /** The credit notes of an order, oldest first. */
  async creditNotes(orderId: string): Promise<{ id: string; source: string; document: CreditNoteDocument }[]> {
    return this.database.read(
      `select id, source, document from orders.credit_notes where tenant_id = kernel.tenant_id() and order_id = $1
       order by number, id`,
      [orderId],
    );
  }

  /** The next number of the shop's credit notes, a series of their own; held until the commit as invoices' are. */
  async nextCreditNumber(): Promise<number> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ last: number }>(
      `insert into orders.credit_note_counters (tenant_id, id, last) values ($1, $1, ${FIRST_NUMBER})
       on conflict (tenant_id, id) do update set last = credit_note_counters.last + 1 returning last`,
      [tx.tenantId],
    );
    return row.last;
  }

  async insertCreditNote(orderId: string, source: string, document: CreditNoteDocument): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into orders.credit_notes (tenant_id, id, order_id, invoice_number, source, number, issued_at, document)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        tx.tenantId,
        newId(),
        orderId,
        document.invoiceNumber,
        source,
        document.number,
        document.issuedAt,
        JSON.stringify(document),
      ],
    );
  }

  /** What went back of an order so far, oldest first, and for which goods where that is known. */
  async refunds(
    orderId: string,
  ): Promise<(Omit<Credit, 'reason'> & { refundId: string; reason: CreditReason | null; reversed: boolean })[]> {
    const tx = this.uow.current();
    return tx.query<{
      refundId: string;
      amount: number;
      reason: CreditReason | null;
      lines: Credit['lines'];
      reversed: boolean;
    }>(
      `select e.data ->> 'refundId' as "refundId", (e.data -> 'amount' ->> 'amount')::float8 as amount,
         case when e.data ->> 'reason' in ('return', 'lines_cancelled') then e.data ->> 'reason' end as reason,
         coalesce(e.data -> 'lines', '[]'::jsonb) as lines,
         exists (select from orders.order_entries x where x.tenant_id = e.tenant_id and x.order_id = e.order_id
           and x.kind = 'refund_reversed' and x.data ->> 'refundId' = e.data ->> 'refundId') as reversed
       from orders.order_entries e
       where e.tenant_id = $1 and e.order_id = $2 and e.kind = 'refunded' and e.data ? 'refundId'
       order by e.at, e.id`,
      [tx.tenantId, orderId],
    );
  }
}
