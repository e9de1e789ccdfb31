import { Injectable } from '@nestjs/common';
import { sha256 } from '../../../kernel/crypto/hashing';
import { together } from '../../../kernel/database/together';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CART_DAYS } from '../domain/cart.policy';
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
}

interface CartRow {
  id: string;
  orderId: string | null;
  expiresAt: Date;
  destination: Destination | null;
  shown: KeptQuote | null;
}
interface ContentsRow {
  lines: StoredLine[] | null;
  couponIds: string[];
  settings: CheckoutSettings | null;
  promotions: PromotionJson[] | null;
  methods: ShippingMethod[] | null;
  methodId: string | null;
}
/** A row of `READ_CART`. */
export type StoredCartRow = CartRow & ContentsRow;

const CART = `c.id, c.order_id as "orderId", c.expires_at as "expiresAt", c.destination, c.quote as shown`;
const LINES = `(select json_agg(json_build_object('id', l.id, 'sku', l.sku, 'quantity', l.quantity) order by l.id)
  from orders.cart_lines l where l.tenant_id = c.tenant_id and l.cart_id = c.id) as lines`;
const SETTINGS = `(select json_build_object('pricesIncludeTax', s.prices_include_tax, 'inclusiveRounding', s.inclusive_rounding,
    'shippingTaxCategory', s.shipping_tax_category, 'defaultCountry', s.default_country, 'taxRates', s.tax_rates)
  from orders.checkout_settings s where s.tenant_id = c.tenant_id) as settings`;
/** What belongs to a cart, read behind its lock. */
const CONTENTS = `${LINES}, c.coupon_ids as "couponIds", ${SETTINGS}, ${CART_PROMOTIONS}, ${CART_METHODS},
  c.shipping_method_id as "methodId"`;
/** A cart that is open, or was ordered; `$1` is the tenant, `$2` the hash of its secret. */
const ALIVE = `c.tenant_id = $1 and c.secret_hash = $2 and (c.expires_at > kernel.now() or c.order_id is not null)`;

/** The statement that reads a cart as a whole, with tenant and hash of the secret as parameters; its row → `cartOf`. */
export const READ_CART = `select ${CART}, ${CONTENTS} from orders.carts c where ${ALIVE}`;

export const cartOf = ({ lines, settings, promotions, methods, ...cart }: StoredCartRow): StoredCart => ({
  ...cart,
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
  async create(secret: string, userId: string | null): Promise<StoredCart> {
    const tx = this.uow.current();
    const [row] = await tx.query<StoredCartRow>(
      `with gone as (
         delete from orders.carts where tenant_id = $1 and id in (
           select id from orders.carts where tenant_id = $1 and order_id is null and expires_at < kernel.now()
           order by expires_at limit 3 for update skip locked)
       ), c as (
         insert into orders.carts (tenant_id, id, secret_hash, user_id, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, kernel.now() + make_interval(days => $5), kernel.now(), kernel.now()) returning *
       )
       select ${CART}, null as lines, c.coupon_ids as "couponIds", ${SETTINGS}, ${CART_PROMOTIONS},
         ${CART_METHODS}, c.shipping_method_id as "methodId" from c`,
      [tx.tenantId, newId(), sha256(secret), userId, CART_DAYS],
    );
    return cartOf(row);
  }

  /** The cart with this secret, locked; null when there is none or it has expired. */
  async lock(secret: string): Promise<StoredCart | null> {
    const tx = this.uow.current();
    const params = [tx.tenantId, sha256(secret)];
    // One trip, two statements: the contents are read after the lock, so that what another request changed while this
    // one waited is seen.
    const [[cart], [contents]] = await together(
      () => tx.query<CartRow>(`select ${CART} from orders.carts c where ${ALIVE} for update`, params),
      () => tx.query<ContentsRow>(`select ${CONTENTS} from orders.carts c where ${ALIVE}`, params),
    );
    return cart ? cartOf({ ...cart, ...contents }) : null;
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
         quote = $6, destination = $7, coupon_ids = $8::uuid[], shipping_method_id = $9
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
      ],
    );
    cart.expiresAt = expiresAt;
  }
}
