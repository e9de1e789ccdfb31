import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';

/** Kinds of entries of an order's timeline that are kept for themselves; the rest is told by other tables. */
export type EntryKind =
  | 'note'
  | 'held'
  | 'let_go'
  | 'address_changed'
  | 'lines_cancelled'
  | 'refunded'
  | 'return_updated'
  | 'reminded'
  | 'disputed'
  | 'dispute_closed'
  | 'backorder_allocated'
  | 'edited'
  | 'added_to'
  | 'exchanged'
  | 'exchange_given_up'
  | 'trade_not_returned'
  | 'refund_reversed';

export interface NewEntry {
  orderId: string;
  kind: EntryKind;
  note?: string | null;
  data?: object;
  /** Whether the order's shopper sees it too. */
  shownToCustomer?: boolean;
}

/** What the other tables do not tell of an order. Written beside the change itself, in its commit. */
@Injectable()
export class OrderEntries {
  constructor(private readonly uow: UnitOfWork) {}

  add(entry: NewEntry): string {
    const tx = this.uow.current();
    const id = newId();
    tx.later(
      `insert into orders.order_entries (tenant_id, id, order_id, at, kind, actor_id, note, data, shown_to_customer)
       values ($1, $2, $3, kernel.now(), $4, $5, $6, $7, $8)`,
      [
        tx.tenantId,
        id,
        entry.orderId,
        entry.kind,
        currentContext().principal.userId,
        entry.note ?? null,
        entry.data ? JSON.stringify(entry.data) : null,
        entry.shownToCustomer ?? false,
      ],
    );
    return id;
  }
}
