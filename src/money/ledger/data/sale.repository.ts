import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newSale, type Sale } from '../domain/sale';

/** The state of an order's books. */
@Injectable()
export class SaleRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The state of an order, made where there is none yet, and locked: its events are booked one after another. */
  async lock(id: string, currency: string): Promise<Sale> {
    const tx = this.uow.current();
    const find = () =>
      tx.query<{ state: Sale }>(`select state from ledger.sales where tenant_id = $1 and id = $2 for update`, [
        tx.tenantId,
        id,
      ]);
    const [known] = await find();
    if (known) return known.state;
    await tx.execute(
      `insert into ledger.sales (tenant_id, id, state, updated_at) values ($1, $2, $3, kernel.now()) on conflict do nothing`,
      [tx.tenantId, id, JSON.stringify(newSale(currency))],
    );
    const [made] = await find();
    return made.state;
  }

  /** Travels with the next statement. */
  save(id: string, sale: Sale): void {
    const tx = this.uow.current();
    tx.later(
      `update ledger.sales set state = $3, channel = $4, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, JSON.stringify(sale), sale.sold?.channel ?? null],
    );
  }

  /** The state without a lock; null when nothing was booked for the order yet. */
  async find(id: string): Promise<Sale | null> {
    const tx = this.uow.current();
    const [known] = await tx.query<{ state: Sale }>(`select state from ledger.sales where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
    return known?.state ?? null;
  }
}
