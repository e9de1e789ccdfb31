import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { InvoiceDocument } from '../domain/invoice';

/** First number of a shop's invoices. */
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
}
