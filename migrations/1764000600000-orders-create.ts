import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable } from '../src/kernel/database/migration-kit';

/** Carts and orders. An order's status is a generated column: derived from its three machines, never written. */
export class OrdersCreate1764000600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'orders');
    await tenantTable(
      runner,
      'orders.carts',
      `secret_hash bytea not null, user_id uuid, order_id uuid, expires_at timestamptz not null,
       created_at timestamptz not null, updated_at timestamptz not null, unique (tenant_id, secret_hash)`,
    );
    await runner.query(`create index carts_expiring on orders.carts (tenant_id, expires_at) where order_id is null`);
    await tenantTable(
      runner,
      'orders.cart_lines',
      `cart_id uuid not null, sku text not null, quantity bigint not null check (quantity between 1 and 1000000),
       added_at timestamptz not null, unique (tenant_id, cart_id, sku),
       foreign key (tenant_id, cart_id) references orders.carts (tenant_id, id) on delete cascade`,
    );
    // Numbers without gaps: the row is locked from the number's use to the commit, and only there.
    await tenantTable(runner, 'orders.order_counters', `last bigint not null`);

    await tenantTable(
      runner,
      'orders.orders',
      `number text not null, channel text not null check (channel in ('web', 'import')), cart_id uuid,
       customer_id uuid, user_id uuid, email text, customer_name text, shipping_address jsonb,
       currency text not null check (currency ~ '^[A-Z]{3}$'),
       subtotal bigint not null, discount_total bigint not null, shipping_total bigint not null, tax_total bigint not null,
       total bigint not null,
       payment_status text not null check (payment_status in ('pending', 'paid', 'voided', 'refunding', 'refunded')),
       fulfilment_status text not null check (fulfilment_status in ('none', 'allocated', 'partly_fulfilled', 'fulfilled')),
       return_status text not null check (return_status in ('none', 'returning', 'returned')),
       on_hold_reason text check (on_hold_reason in ('shortfall')),
       cancel_reason text check (cancel_reason in ('unpaid', 'shortfall', 'staff')), cancel_note text,
       access_token_hash bytea, hold_expires_at timestamptz, source_hash text,
       placed_at timestamptz, paid_at timestamptz, fulfilled_at timestamptz, cancelled_at timestamptz, closed_at timestamptz,
       version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null,
       status text not null generated always as (case
         when cancelled_at is not null then 'cancelled'
         when closed_at is not null then 'closed'
         when on_hold_reason is not null then 'on_hold'
         when return_status <> 'none' then return_status
         when fulfilment_status in ('fulfilled', 'partly_fulfilled') then fulfilment_status
         when placed_at is null then 'draft'
         when payment_status <> 'paid' then 'pending_payment'
         when fulfilment_status = 'allocated' then 'allocated'
         else 'paid' end) stored,
       unique (tenant_id, channel, number), unique (tenant_id, cart_id),
       foreign key (tenant_id, cart_id) references orders.carts (tenant_id, id),
       constraint orders_amounts check (subtotal >= 0 and discount_total >= 0 and shipping_total >= 0 and tax_total >= 0),
       constraint orders_total check (total = subtotal - discount_total + shipping_total + tax_total)`,
      { suffix: 'with (fillfactor = 80)' },
    );
    await runner.query(`comment on column orders.orders.email is 'pii:email'`);
    await runner.query(`comment on column orders.orders.customer_name is 'pii:name'`);
    await runner.query(`comment on column orders.orders.shipping_address is 'pii:address'`);
    await runner.query(`comment on column orders.orders.access_token_hash is 'secret'`);
    await runner.query(`comment on column orders.carts.secret_hash is 'secret'`);
    await runner.query(`create index orders_placed on orders.orders (tenant_id, placed_at, id)`);
    await runner.query(`create index orders_status on orders.orders (tenant_id, status, placed_at, id)`);
    await runner.query(`create index orders_email on orders.orders (tenant_id, email, placed_at, id)`);
    await runner.query(
      `create index orders_user on orders.orders (tenant_id, user_id, placed_at, id) where user_id is not null`,
    );
    await runner.query(
      `create index orders_customer on orders.orders (tenant_id, customer_id) where customer_id is not null`,
    );
    await this.guardEdges(runner);

    // What was sold, copied: later changes of the catalogue do not reach into orders.
    await tenantTable(
      runner,
      'orders.order_lines',
      `order_id uuid not null, position int not null, sku text not null, variant_id uuid, product_id uuid,
       product_name text not null, variant_name text, category_id uuid, category_name text,
       quantity bigint not null check (quantity > 0), unit_price bigint not null check (unit_price >= 0),
       discount_basis_points int not null default 0 check (discount_basis_points between 0 and 10000),
       total bigint not null,
       unique (tenant_id, order_id, position),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id),
       constraint order_lines_total check (total = round(unit_price::numeric * quantity * (10000 - discount_basis_points) / 10000))`,
    );
  }

  /** The table of allowed edges once more, beneath the code; a test compares both for every pair. */
  private async guardEdges(runner: QueryRunner): Promise<void> {
    await runner.query(`create function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (machine, source, target) in (
        ('order', 'draft', 'pending_payment'), ('order', 'draft', 'cancelled'),
        ('order', 'pending_payment', 'paid'), ('order', 'pending_payment', 'on_hold'), ('order', 'pending_payment', 'cancelled'),
        ('order', 'paid', 'allocated'), ('order', 'paid', 'partly_fulfilled'), ('order', 'paid', 'fulfilled'),
        ('order', 'paid', 'on_hold'), ('order', 'paid', 'cancelled'),
        ('order', 'allocated', 'partly_fulfilled'), ('order', 'allocated', 'fulfilled'), ('order', 'allocated', 'on_hold'),
        ('order', 'allocated', 'cancelled'),
        ('order', 'partly_fulfilled', 'fulfilled'),
        ('order', 'fulfilled', 'closed'), ('order', 'fulfilled', 'returning'),
        ('order', 'on_hold', 'paid'), ('order', 'on_hold', 'allocated'), ('order', 'on_hold', 'cancelled'),
        ('order', 'returning', 'fulfilled'), ('order', 'returning', 'returned'),
        ('order', 'returned', 'closed'),
        ('payment', 'pending', 'paid'), ('payment', 'pending', 'voided'), ('payment', 'pending', 'refunding'),
        ('payment', 'pending', 'refunded'),
        ('payment', 'paid', 'refunding'), ('payment', 'paid', 'refunded'), ('payment', 'refunding', 'refunded'),
        ('payment', 'voided', 'refunding'), ('payment', 'voided', 'refunded'),
        ('fulfilment', 'none', 'allocated'), ('fulfilment', 'none', 'partly_fulfilled'), ('fulfilment', 'none', 'fulfilled'),
        ('fulfilment', 'allocated', 'none'), ('fulfilment', 'allocated', 'partly_fulfilled'), ('fulfilment', 'allocated', 'fulfilled'),
        ('fulfilment', 'partly_fulfilled', 'fulfilled'),
        ('return', 'none', 'returning'), ('return', 'returning', 'none'), ('return', 'returning', 'returned')) $$`);
    await runner.query(`create function orders.guard_order() returns trigger language plpgsql as $$
      begin
        -- History from elsewhere is corrected as a whole by importing it again.
        if new.channel = 'import' and old.channel = 'import' then return null; end if;
        if not (orders.edge_allowed('order', old.status, new.status)
            and orders.edge_allowed('payment', old.payment_status, new.payment_status)
            and orders.edge_allowed('fulfilment', old.fulfilment_status, new.fulfilment_status)
            and orders.edge_allowed('return', old.return_status, new.return_status)) then
          raise exception 'an order cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'orders_edge';
        end if;
        return null;
      end $$`);
    await runner.query(`create trigger guard after update on orders.orders for each row
      when (old.status is distinct from new.status or old.payment_status is distinct from new.payment_status
        or old.fulfilment_status is distinct from new.fulfilment_status or old.return_status is distinct from new.return_status)
      execute function orders.guard_order()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema orders cascade`);
  }
}
