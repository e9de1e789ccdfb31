import { Injectable } from '@nestjs/common';
import { sha256 } from '../../../kernel/crypto/hashing';
import { together } from '../../../kernel/database/together';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CART_DAYS } from '../domain/cart.policy';

/** A cart, locked, with its lines in the order in which they were put in. */
export interface LockedCart {
  id: string;
  orderId: string | null;
  lines: { id: string; sku: string; quantity: number }[];
}

/** Carts are found by the hash of their secret: the secret itself is stored nowhere. */
@Injectable()
export class CartRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** A new cart; also clears away a few that nobody came back to. */
  async create(secret: string, userId: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with gone as (
         delete from orders.carts where tenant_id = $1 and id in (
           select id from orders.carts where tenant_id = $1 and order_id is null and expires_at < kernel.now()
           order by expires_at limit 3 for update skip locked)
       )
       insert into orders.carts (tenant_id, id, secret_hash, user_id, expires_at, created_at, updated_at)
       values ($1, $2, $3, $4, kernel.now() + make_interval(days => $5), kernel.now(), kernel.now())`,
      [tx.tenantId, newId(), sha256(secret), userId, CART_DAYS],
    );
  }

  /** The cart with this secret, locked; null when there is none or it has expired. */
  async lock(secret: string): Promise<LockedCart | null> {
    const tx = this.uow.current();
    const params = [tx.tenantId, sha256(secret)];
    // One trip, two statements: the lines are read after the lock, so that what another request changed while this one
    // waited is seen.
    const [carts, lines] = await together(
      () =>
        tx.query<{ id: string; orderId: string | null }>(
          `select id, order_id as "orderId" from orders.carts
         where tenant_id = $1 and secret_hash = $2 and (expires_at > kernel.now() or order_id is not null) for update`,
          params,
        ),
      () =>
        tx.query<LockedCart['lines'][number]>(
          `select id, sku, quantity from orders.cart_lines where tenant_id = $1
           and cart_id = (select id from orders.carts where tenant_id = $1 and secret_hash = $2) order by id`,
          params,
        ),
    );
    return carts.length === 0 ? null : { ...carts[0], lines };
  }

  /** Puts a line in, or sets the quantity of the one with this SKU. */
  async setLine(cartId: string, sku: string, quantity: number): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with touched as (
         update orders.carts set updated_at = kernel.now(), expires_at = kernel.now() + make_interval(days => $6)
         where tenant_id = $1 and id = $2
       )
       insert into orders.cart_lines (tenant_id, id, cart_id, sku, quantity, added_at)
       values ($1, $3, $2, $4, $5, kernel.now())
       on conflict (tenant_id, cart_id, sku) do update set quantity = excluded.quantity`,
      [tx.tenantId, cartId, newId(), sku, quantity, CART_DAYS],
    );
  }

  async removeLine(cartId: string, lineId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(`delete from orders.cart_lines where tenant_id = $1 and cart_id = $2 and id = $3`, [
      tx.tenantId,
      cartId,
      lineId,
    ]);
  }
}
