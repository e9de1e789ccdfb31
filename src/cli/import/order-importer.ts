import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import { FindVariantsBySkuQuery, type VariantFacts } from '../../commerce/catalog/contracts/find-variants-by-sku';
import { FindCustomersQuery, type CustomerFacts } from '../../commerce/customers/contracts/find-customers';
import { ImportOrdersCommand, type ImportedOrder } from '../../commerce/orders/contracts/import-orders';
import type { FieldSet, RowOf } from '../../kernel/tabular/fields';
import type { EntityFault, EntityImporter, EntityOutcome, EntityRow } from '../../kernel/tabular/importer';
import type { RunKnowledge } from './run-knowledge';

const FIELDS = {
  number: { type: 'text', required: true, maxLength: 64 },
  /** External reference of the customer. */
  customer: { type: 'text', maxLength: 64 },
  email: { type: 'email', maxLength: 254 },
  placedAt: { type: 'date', required: true },
  shippedAt: { type: 'date' },
  currency: { type: 'currency', required: true },
  shipping: { type: 'money', min: 0 },
  shipName: { type: 'text', maxLength: 200 },
  shipLine1: { type: 'text', maxLength: 200 },
  shipCity: { type: 'text', maxLength: 120 },
  shipRegion: { type: 'text', maxLength: 120 },
  shipPostalCode: { type: 'text', maxLength: 20 },
  shipCountry: { type: 'country' },
} as const satisfies FieldSet;

const LINE_FIELDS = {
  sku: { type: 'text', required: true, maxLength: 64 },
  quantity: { type: 'integer', required: true, min: 1, max: 1_000_000 },
  currency: { type: 'currency', required: true },
  unitPrice: { type: 'money', required: true, min: 0 },
  discount: { type: 'rate' },
} as const satisfies FieldSet;

type Order = RowOf<typeof FIELDS>;
type Line = RowOf<typeof LINE_FIELDS>;
type Row = EntityRow<Order, Line>;

interface References {
  variants: Map<string, VariantFacts>;
  customers: Map<string, CustomerFacts>;
}

/** Historical orders with their lines through the contract of orders; what an order copies is looked up here. */
export class OrderImporter implements EntityImporter {
  readonly entity = 'orders';
  readonly fields = FIELDS;
  readonly childFields = LINE_FIELDS;
  readonly keys = ['number'];

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly knowledge: RunKnowledge,
  ) {}

  async take(rows: Row[], dryRun: boolean): Promise<EntityOutcome> {
    const references = await this.lookUp(rows);
    const faults: EntityFault[] = [];
    const orders: ImportedOrder[] = [];
    for (const it of rows) {
      const found = this.faultsOf(it, references);
      if (found.length > 0) faults.push(...found);
      else orders.push(this.order(it, references));
    }
    const outcome = await this.commands.execute(new ImportOrdersCommand({ orders, dryRun }));
    const refused = new Set(outcome.faults.map((fault) => fault.line));
    const lines = orders.reduce((sum, order) => sum + (refused.has(order.line) ? 0 : order.lines.length), 0);
    const { created, updated, unchanged } = outcome;
    return { created, updated, unchanged, faults: [...faults, ...outcome.faults], further: { lines } };
  }

  private async lookUp(rows: Row[]): Promise<References> {
    const skus = [...new Set(rows.flatMap((it) => it.children.map((line) => line.sku)))];
    const externalRefs = [...new Set(rows.map(({ row }) => row.customer).filter((ref) => ref != null))];
    const [variants, customers] = await Promise.all([
      this.queries.execute(new FindVariantsBySkuQuery({ skus })),
      this.queries.execute(new FindCustomersQuery({ externalRefs })),
    ]);
    return {
      variants: new Map(variants.map((it) => [it.sku, it])),
      customers: new Map(customers.map((it) => [it.externalRef!, it])),
    };
  }

  private faultsOf({ row, children }: Row, { variants, customers }: References): EntityFault[] {
    const faults: EntityFault[] = [];
    const { line, customer } = row;
    if (customer != null && !customers.has(customer) && !this.knowledge.customers.has(customer)) {
      const reason = `There is no customer ${customer}.`;
      faults.push({ line, column: 'customer', code: 'unknown-reference', reason });
    }
    if (children.length === 0)
      faults.push({ line, column: 'number', code: 'no-lines', reason: 'The order has no lines.' });
    for (const child of children) {
      if (!variants.has(child.sku) && !this.knowledge.skus.has(child.sku)) {
        const reason = `There is no product ${child.sku}.`;
        faults.push({ line: child.line, column: 'sku', code: 'unknown-reference', reason, child: true });
      }
      if (child.currency !== row.currency) {
        const reason = `The line is in ${child.currency}, its order in ${row.currency}.`;
        faults.push({ line: child.line, column: 'currency', code: 'currency-mismatch', reason, child: true });
      }
    }
    return faults;
  }

  private order({ row, children }: Row, { variants, customers }: References): ImportedOrder {
    const customer = row.customer == null ? undefined : customers.get(row.customer);
    const coming = row.customer == null ? undefined : this.knowledge.customers.get(row.customer);
    const { currency } = row;
    return {
      line: row.line,
      number: row.number,
      customerId: customer?.id ?? null,
      email: row.email ?? customer?.email ?? coming?.email ?? null,
      customerName: customer ? (customer.company ?? customer.name) : (coming?.name ?? null),
      placedAt: row.placedAt,
      shippedAt: row.shippedAt ?? null,
      shippingAddress: addressOf(row),
      shipping: { amount: row.shipping ?? 0, currency },
      lines: children.map((child) => {
        const variant = variants.get(child.sku);
        const known = this.knowledge.skus.get(child.sku);
        return {
          line: child.line,
          sku: child.sku,
          variantId: variant?.variantId ?? null,
          productId: variant?.productId ?? null,
          productName: variant?.productName ?? known!.productName,
          variantName: variant ? variant.name : (known!.variantName ?? null),
          categoryId: variant?.categoryId ?? null,
          categoryName: variant ? variant.categoryName : (known!.categoryName ?? null),
          quantity: child.quantity,
          unitPrice: { amount: child.unitPrice, currency },
          discountBasisPoints: child.discount ?? 0,
        };
      }),
    };
  }
}

function addressOf(row: Order): ImportedOrder['shippingAddress'] {
  const address = {
    name: row.shipName ?? null,
    line1: row.shipLine1 ?? null,
    city: row.shipCity ?? null,
    region: row.shipRegion ?? null,
    postalCode: row.shipPostalCode ?? null,
    country: row.shipCountry ?? null,
  };
  return Object.values(address).every((value) => value === null) ? null : address;
}
