import { Injectable } from '@nestjs/common';
import { currentContext, type RequestContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { together } from '../../../kernel/database/together';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { isUuid, newId } from '../../../kernel/ids/ids';
import { CART_DAYS } from '../domain/cart.policy';
import type { CartHold } from '../domain/cart-hold';
import type { Destination, KeptQuote } from '../domain/cart-quote';
import { NO_SETTINGS, type CheckoutSettings } from '../domain/checkout-settings';
import type { Promotion } from '../domain/promotions';
import type { ShippingMethod } from '../domain/shipping';
import { CART_PROMOTIONS, promotionOf, type PromotionJson } from './coupon.repository';
import { CART_METHODS } from './shipping-method.repository';

/** A line of a cart. */
export interface StoredLine {
  id: string;
  sku: string;
  quantity: number;
}

/** A cart with its lines in the order in which they were put in, and what its price hangs on. */
export interface StoredCart {
  id: string;
  orderId: string | null;
  expiresAt: Date;
  destination: Destination | null;
  /** The price that its shopper saw last. */
  shown: KeptQuote | null;
  lines: StoredLine[];
  /** Coupons whose code was entered. */
  couponIds: string[];
  settings: CheckoutSettings;
  /** Those that apply by themselves, and those of the coupons that are in use. */
  promotions: Promotion[];
  /** The ways in which the shop ships. */
  methods: ShippingMethod[];
  /** The chosen one. */
  methodId: string | null;
  /** Whose cart it is; null for a guest's. */
  userId: string | null;
  /** ISO 4217; null: that of its goods' own prices. */
  currency: string | null;
  hold: CartHold;
  /** For how long the shop's carts hold what is put in; null: not at all, or nobody asked. */
  holdMinutes: number | null;
}

/** What a change writes; what is absent stays. */
export interface CartChanges {
  /** Lines put in, or given another quantity. */
  put?: StoredLine[];
  /** Ids of lines taken out. */
  removed?: string[];
  couponIds?: string[];
  methodId?: string;
  destination?: Destination | null;
  currency?: string | null;
}

interface CartRow {
  id: string;
  orderId: string | null;
  expiresAt: Date;
  destination: Destination | null;
  shown: KeptQuote | null;
  userId: string | null;
  currency: string | null;
  heldSince: Date | null;
  heldUntil: Date | null;
  unheld: string[];
  heldFor: Buffer | null;
}
interface ContentsRow {
  lines: StoredLine[] | null;
  couponIds: string[];
  settings: CheckoutSettings | null;
  promotions: PromotionJson[] | null;
  methods: ShippingMethod[] | null;
  methodId: string | null;
  holdMinutes?: number | null;
}
/** Unpaid orders that hold stock for somebody, and in how many seconds the first of them is given up. */
export interface UnpaidOrders {
  unpaid: number;
  seconds: number;
}
/** A row of `READ_CART`. */
export type StoredCartRow = CartRow & ContentsRow;

const CART = `c.id, c.order_id as "orderId", c.expires_at as "expiresAt", c.destination, c.quote as shown,
  c.user_id as "userId", c.currency, c.held_since as "heldSince", c.held_until as "heldUntil", c.unheld_skus as unheld,
  c.held_for as "heldFor"`;
/** Asked for by whoever changes a cart. */
const HOLD_MINUTES = `(select p.cart_hold_minutes from orders.order_policies p where p.tenant_id = c.tenant_id) as "holdMinutes"`;
const LINES = `(select json_agg(json_build_object('id', l.id, 'sku', l.sku, 'quantity', l.quantity) order by l.id)
  from orders.cart_lines l where l.tenant_id = c.tenant_id and l.cart_id = c.id) as lines`;
const SETTINGS = `(select json_build_object('pricesIncludeTax', s.prices_include_tax, 'inclusiveRounding', s.inclusive_rounding,
    'shippingTaxCategory', s.shipping_tax_category, 'defaultCountry', s.default_country, 'taxRates', s.tax_rates)
  from orders.checkout_settings s where s.tenant_id = c.tenant_id) as settings`;
/** What belongs to a cart, read behind its lock. */
const CONTENTS = `${LINES}, c.coupon_ids as "couponIds", ${SETTINGS}, ${CART_PROMOTIONS}, ${CART_METHODS},
  c.shipping_method_id as "methodId"`;
/** A cart that is open, or was ordered. */
const ALIVE = `c.tenant_id = $1 and (c.expires_at > kernel.now() or c.order_id is not null) and c.merged_into is null`;
/** By the hash of its secret, `$2`. */
const BY_SECRET = `${ALIVE} and c.secret_hash = $2`;
/** By its own id, `$2`, for the user whose it is, `$3`. */
const BY_OWNER = `${ALIVE} and c.id = $2 and c.user_id = $3`;

/** Until the commit nobody else places an order for whoever the parameter is. */
const ORDERING = (whom: string): string =>
  `pg_advisory_xact_lock(hashtextextended(c.tenant_id::text || encode(${whom}::bytea, 'hex'), 0)) is not null as ordering`;
const UNPAID = (whom: string): string => `(select json_build_object('unpaid', count(*)::int,
    'seconds', coalesce(ceil(extract(epoch from min(o.hold_expires_at) - kernel.now())), 1)::int)
  from orders.orders o where o.tenant_id = $1 and o.placed_from = ${whom} and o.payment_status = 'pending'
    and o.cancelled_at is null and o.hold_expires_at > kernel.now()) as "unpaidOrders"`;

/**
 * A cart is named by its unguessable secret, of which only the hash is stored; whoever is signed in may name their own by
 * its id as well, since that alone opens it to nobody.
 */
export function namedBy(
  name: string,
  tenantId: string | null,
  userId: string | null,
): { where: string; params: unknown[] } {
  return isUuid(name)
    ? { where: BY_OWNER, params: [tenantId, name, userId] }
    : { where: BY_SECRET, params: [tenantId, sha256(name)] };
}

/** The statement that reads a cart as a whole; its row → `cartOf`. */
export const readCart = (
  name: string,
  { tenantId, principal }: RequestContext,
): { text: string; params: unknown[] } => {
  const { where, params } = namedBy(name, tenantId, principal.userId);
  return { text: `select ${CART}, ${CONTENTS} from orders.carts c where ${where}`, params };
};

export const cartOf = ({
  lines,
  settings,
  promotions,
  methods,
  holdMinutes = null,
  heldSince,
  heldUntil,
  unheld,
  heldFor,
  ...cart
}: StoredCartRow): StoredCart => ({
  ...cart,
  holdMinutes,
  hold: { span: heldSince && heldUntil && { since: heldSince, until: heldUntil }, unheld, heldFor },
  lines: lines ?? [],
  settings: settings ?? NO_SETTINGS,
  promotions: (promotions ?? []).map(promotionOf),
  methods: methods ?? [],
});

/** Carts are found by the hash of their secret: the secret itself is stored nowhere. */
@Injectable()
export class CartRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** A new cart; also clears away a few that nobody came back to. */
  async create(secret: string, userId: string | null, currency: string | null): Promise<StoredCart> {
    const tx = this.uow.current();
    const [row] = await tx.query<StoredCartRow>(
      `with gone as (
         delete from orders.carts where tenant_id = $1 and id in (
           select id from orders.carts where tenant_id = $1 and order_id is null and expires_at < kernel.now()
           order by expires_at limit 3 for update skip locked)
       ), c as (
         insert into orders.carts (tenant_id, id, secret_hash, user_id, expires_at, created_at, updated_at, currency)
         values ($1, $2, $3, $4, kernel.now() + make_interval(days => $5), kernel.now(), kernel.now(), $6) returning *
       )
       select ${CART}, null as lines, c.coupon_ids as "couponIds", ${SETTINGS}, ${CART_PROMOTIONS},
         ${CART_METHODS}, c.shipping_method_id as "methodId" from c`,
      [tx.tenantId, newId(), sha256(secret), userId, CART_DAYS, currency],
    );
    return cartOf(row);
  }

  /** The cart that is named so, locked; null when there is none or it has expired. */
  async lock(name: string): Promise<StoredCart | null> {
    const tx = this.uow.current();
    const { where, params } = this.named(name);
    // One trip, two statements: the contents are read after the lock, so that what another request changed while this
    // one waited is seen.
    const [[cart], [contents]] = await together(
      () => tx.query<CartRow>(`select ${CART} from orders.carts c where ${where} for update`, params),
      () => tx.query<ContentsRow>(`select ${CONTENTS}, ${HOLD_MINUTES} from orders.carts c where ${where}`, params),
    );
    return cart ? cartOf({ ...cart, ...contents }) : null;
  }

  /**
   * As `lock`, with the unpaid orders of whoever orders (`Order.placedFrom`); until the commit nobody else places one for
   * them. Their lock is taken with the cart's, and they are counted behind both.
   */
  async lockToOrder(name: string, placedFrom: Buffer): Promise<{ cart: StoredCart; orders: UnpaidOrders } | null> {
    const tx = this.uow.current();
    const { where, params } = this.named(name);
    const whom = `$${params.length + 1}`;
    const all = [...params, placedFrom];
    const [[row], [contents]] = await together(
      () =>
        tx.query<CartRow & { ordering: boolean }>(
          `select ${CART}, ${ORDERING(whom)} from orders.carts c where ${where} for update`,
          all,
        ),
      () =>
        tx.query<ContentsRow & { unpaidOrders: UnpaidOrders }>(
          `select ${CONTENTS}, ${UNPAID(whom)} from orders.carts c where ${where}`,
          all,
        ),
    );
    if (!row) return null;
    const { ordering: _, ...cart } = row;
    const { unpaidOrders: orders, ...rest } = contents;
    return { cart: cartOf({ ...cart, ...rest }), orders };
  }

  private named(name: string): { where: string; params: unknown[] } {
    return namedBy(name, this.uow.current().tenantId, currentContext().principal.userId);
  }

  /** Writes changes of a locked cart with the price that its shopper is shown for them, in one statement. */
  async write(cart: StoredCart, changes: CartChanges, quote: KeptQuote | null): Promise<void> {
    const tx = this.uow.current();
    const [{ expiresAt }] = await tx.query<{ expiresAt: Date }>(
      `with gone as (
         delete from orders.cart_lines where tenant_id = $1 and cart_id = $2 and id = any($3::uuid[])
       ), put as (
         insert into orders.cart_lines (tenant_id, id, cart_id, sku, quantity, added_at)
         select $1, x.id, $2, x.sku, x.quantity, kernel.now()
         from json_to_recordset($4::json) as x(id uuid, sku text, quantity bigint)
         on conflict (tenant_id, cart_id, sku) do update set quantity = excluded.quantity
       )
       update orders.carts set updated_at = kernel.now(), expires_at = kernel.now() + make_interval(days => $5),
         quote = $6, destination = $7, coupon_ids = $8::uuid[], shipping_method_id = $9, currency = $10,
         held_since = $11, held_until = $12, unheld_skus = $13::text[], held_for = $14
       where tenant_id = $1 and id = $2 returning expires_at as "expiresAt"`,
      [
        tx.tenantId,
        cart.id,
        changes.removed ?? [],
        JSON.stringify(changes.put ?? []),
        CART_DAYS,
        quote,
        changes.destination === undefined ? cart.destination : changes.destination,
        changes.couponIds ?? cart.couponIds,
        changes.methodId ?? cart.methodId,
        changes.currency === undefined ? cart.currency : changes.currency,
        cart.hold.span?.since ?? null,
        cart.hold.span?.until ?? null,
        cart.hold.unheld,
        cart.hold.heldFor,
      ],
    );
    cart.expiresAt = expiresAt;
  }

  /** Carts that hold stock for a shopper now, besides this one. Until the commit no other cart begins to hold for them. */
  async holdingFor(shopper: Buffer, besides: string): Promise<number> {
    const tx = this.uow.current();
    tx.later(
      `select pg_advisory_xact_lock(hashtextextended('carts held for ' || $1::text || encode($2::bytea, 'hex'), 0))`,
      [tx.tenantId, shopper],
    );
    const [{ holding }] = await tx.query<{ holding: number }>(
      `select count(*)::int as holding from orders.carts where tenant_id = $1 and held_for = $2 and held_until > kernel.now()
         and order_id is null and merged_into is null and id <> $3`,
      [tx.tenantId, shopper, besides],
    );
    return holding;
  }

  /**
   * The newest open cart of a user besides this one; others of their requests about it wait until the commit.
   * @returns its id, or null
   */
  async openOf(userId: string, besides: string | null): Promise<string | null> {
    const tx = this.uow.current();
    tx.later(`select pg_advisory_xact_lock(hashtextextended('cart of ' || $1::text || $2::text, 0))`, [
      tx.tenantId,
      userId,
    ]);
    const [row] = await tx.query<{ id: string }>(
      `select c.id from orders.carts c where c.tenant_id = $1 and c.user_id = $2 and c.order_id is null and c.merged_into is null
         and c.expires_at > kernel.now() and c.id is distinct from $3::uuid
       order by c.updated_at desc, c.id desc limit 1`,
      [tx.tenantId, userId, besides],
    );
    return row?.id ?? null;
  }

  /** Which cart one with this secret was merged into, and whose that is; null when it was not. */
  async mergedInto(secret: string): Promise<{ id: string; userId: string | null } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ id: string; userId: string | null }>(
      `select t.id, t.user_id as "userId" from orders.carts c
       join orders.carts t on t.tenant_id = c.tenant_id and t.id = c.merged_into
       where c.tenant_id = $1 and c.secret_hash = $2`,
      [tx.tenantId, sha256(secret)],
    );
    return row ?? null;
  }

  /** Gives a locked cart to a user. */
  claim(cart: StoredCart, userId: string): void {
    const tx = this.uow.current();
    tx.later(`update orders.carts set user_id = $3, updated_at = kernel.now() where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      cart.id,
      userId,
    ]);
  }

  /** Ends a locked cart whose contents another, locked one has taken over. */
  end(cart: StoredCart, mergedInto: string): void {
    const tx = this.uow.current();
    tx.later(
      `with emptied as (delete from orders.cart_lines where tenant_id = $1 and cart_id = $2)
       update orders.carts set merged_into = $3, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, cart.id, mergedInto],
    );
  }
}
