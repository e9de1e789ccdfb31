import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { sha256 } from '../../../kernel/crypto/hashing';
import { Database } from '../../../kernel/database/database';
import { multiply, type Money } from '../../../kernel/money/money';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { cartNotFound } from '../domain/orders.errors';

export interface CartLineView {
  id: string;
  sku: string;
  name: string;
  quantity: number;
  /** Today's price of one piece; null for what is no longer sold. */
  unitPrice: Money | null;
  total: Money | null;
  forSale: boolean;
}

export interface CartView {
  /** Unguessable: whoever has it has the cart. */
  id: string;
  lines: CartLineView[];
  /** Sum of the lines that are for sale; null for an empty cart and for mixed currencies. */
  total: Money | null;
  /** The order made of this cart, or null while it is open. */
  orderId: string | null;
  expiresAt: string;
}

/** A cart at today's prices. @throws AppError not-found `orders.cart-not-found` */
export class FindCartQuery extends Query<CartView> {
  constructor(readonly secret: string) {
    super();
  }
}

interface Row {
  orderId: string | null;
  expiresAt: Date;
  lines: { id: string; sku: string; quantity: number }[] | null;
}

@QueryHandler(FindCartQuery)
export class FindCartHandler implements IQueryHandler<FindCartQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ secret }: FindCartQuery): Promise<CartView> {
    const [cart] = await this.database.read<Row>(
      `select c.order_id as "orderId", c.expires_at as "expiresAt",
         (select json_agg(json_build_object('id', l.id, 'sku', l.sku, 'quantity', l.quantity) order by l.id)
          from orders.cart_lines l where l.tenant_id = c.tenant_id and l.cart_id = c.id) as lines
       from orders.carts c where c.tenant_id = kernel.tenant_id() and c.secret_hash = $1
         and (c.expires_at > kernel.now() or c.order_id is not null)`,
      [sha256(secret)],
    );
    if (!cart) throw cartNotFound();
    const lines = await this.priced(cart.lines ?? []);
    return {
      id: secret,
      lines,
      total: totalOf(lines),
      orderId: cart.orderId,
      expiresAt: cart.expiresAt.toISOString(),
    };
  }

  private async priced(lines: NonNullable<Row['lines']>): Promise<CartLineView[]> {
    if (lines.length === 0) return [];
    const variants = await this.queries.execute(new FindVariantsBySkuQuery({ skus: lines.map((line) => line.sku) }));
    const bySku = new Map(variants.map((variant) => [variant.sku, variant]));
    return lines.map(({ id, sku, quantity }) => {
      const variant = bySku.get(sku);
      const forSale = variant?.active ?? false;
      const name = variant ? (variant.name ? `${variant.productName} – ${variant.name}` : variant.productName) : sku;
      const unitPrice = forSale ? variant!.price : null;
      return { id, sku, name, quantity, unitPrice, total: unitPrice && multiply(unitPrice, quantity), forSale };
    });
  }
}

function totalOf(lines: readonly CartLineView[]): Money | null {
  const totals = lines.flatMap((line) => line.total ?? []);
  if (totals.length === 0 || totals.some((total) => total.currency !== totals[0].currency)) return null;
  return { amount: totals.reduce((sum, total) => sum + total.amount, 0), currency: totals[0].currency };
}
