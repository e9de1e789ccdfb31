import { AppError } from '../../../kernel/errors/app-error';
import type { ImportOutcome, RowFault } from '../../../kernel/tabular/import-report';
import { emptyOutcome } from '../../../kernel/tabular/import-report';
import type { BackorderMode } from '../contracts/find-variants-by-sku';
import type { ProductRow } from '../contracts/import-products';
import { categoryPath, pathKey } from './category';
import { Product, type NewProduct, type ProductChange } from './product';
import type { Variant } from './variant';

/** What a batch of rows means for the products that are there. */
export interface ImportPlan {
  outcome: ImportOutcome;
  created: Product[];
  /** Those of them whose handle was only suggested by their name. */
  suggested: Product[];
  changed: Product[];
}

export interface ImportFacts {
  /** Products that a SKU or handle of the batch names, with their variants. */
  products: Product[];
  /** Ids of categories by `pathKey`. */
  categories: ReadonlyMap<string, string>;
  at: Date;
}

/** Fields that all rows of one product must agree on. */
const SHARED = ['name', 'description', 'category', 'active', 'taxCategory'] as const;

/**
 * Decides what an import writes: rows are gathered to products (by SKU, then by handle), compared with what is there,
 * and become new products, changed ones, or nothing. A row that cannot be taken becomes a fault and is left out.
 */
export function planImport(rows: readonly ProductRow[], facts: ImportFacts): ImportPlan {
  const plan: ImportPlan = { outcome: emptyOutcome(), created: [], suggested: [], changed: [] };
  for (const group of gather(rows, facts, plan.outcome.faults)) planProduct(group, facts, plan);
  plan.outcome.faults.sort((a, b) => a.line - b.line);
  return plan;
}

interface Group {
  product: Product | null;
  rows: ProductRow[];
}

function gather(rows: readonly ProductRow[], facts: ImportFacts, faults: RowFault[]): Group[] {
  const bySku = new Map(facts.products.flatMap((product) => product.variants.map((it) => [it.sku, product] as const)));
  const byHandle = new Map(facts.products.map((product) => [product.handle, product]));
  const groups = new Map<string, Group>();
  const lines = new Map<string, number>();
  for (const row of rows) {
    const fault = (column: string, code: string, reason: string): void =>
      void faults.push({ line: row.line, column, code, reason });
    const twin = lines.get(row.sku);
    if (twin !== undefined) {
      fault('sku', 'duplicate', `Line ${twin} has the SKU ${row.sku} already.`);
      continue;
    }
    const owner = bySku.get(row.sku);
    const namesake = row.handle ? byHandle.get(row.handle) : undefined;
    if (owner && namesake && owner !== namesake) {
      fault('sku', 'taken', `The SKU ${row.sku} belongs to the product ${owner.handle}.`);
      continue;
    }
    const product = owner ?? namesake ?? null;
    const key = product ? `id:${product.id}` : row.handle ? `handle:${row.handle}` : `sku:${row.sku}`;
    const group = groups.get(key) ?? { product, rows: [] };
    const first = group.rows[0];
    const other = first && SHARED.find((field) => (row[field] ?? null) !== (first[field] ?? null));
    if (other) {
      fault(other, 'conflicting-value', `Line ${first.line} says another ${other} for the same product.`);
      continue;
    }
    lines.set(row.sku, row.line);
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function planProduct({ product, rows }: Group, facts: ImportFacts, plan: ImportPlan): void {
  const [first] = rows;
  const change: ProductChange = {
    name: first.name,
    description: first.description,
    active: first.active ?? undefined,
    taxCategory: first.taxCategory ?? undefined,
    handle: first.handle ?? undefined,
    categoryId: categoryOf(first, facts),
    variants: rows.map((row) => ({
      sku: row.sku,
      name: row.variantName,
      price: { amount: row.price, currency: row.currency },
      active: row.variantActive ?? undefined,
      taxCategory: row.variantTaxCategory,
      weightGrams: row.weightGrams,
      backorder: (row.backorder ?? undefined) as BackorderMode | undefined,
    })),
  };
  if (!product) {
    const made = Product.create(
      { ...change, name: first.name, variants: change.variants as NewProduct['variants'] },
      facts.at,
    );
    plan.created.push(made);
    if (!first.handle) plan.suggested.push(made);
    plan.outcome.created += rows.length;
    return;
  }
  const known = new Map(product.variants.map((it) => [it.sku, stateOf(it)]));
  try {
    if (!product.change(change, facts.at)) {
      plan.outcome.unchanged += rows.length;
      return;
    }
  } catch (error) {
    // Such as a variant without values for the options that its product has.
    if (!(error instanceof AppError)) throw error;
    const code = error.code.slice(error.code.indexOf('.') + 1);
    plan.outcome.faults.push(...rows.map(({ line }) => ({ line, column: '*', code, reason: error.detail })));
    return;
  }
  plan.changed.push(product);
  const now = new Map(product.variants.map((it) => [it.sku, stateOf(it)]));
  const touched = rows.filter((row) => known.get(row.sku) !== now.get(row.sku));
  const added = rows.filter((row) => !known.has(row.sku)).length;
  // A change of the product alone counts once, with its first row.
  const updated = Math.max(touched.length - added, added > 0 ? 0 : 1);
  plan.outcome.created += added;
  plan.outcome.updated += updated;
  plan.outcome.unchanged += rows.length - added - updated;
}

/** What a row says of a variant. */
const stateOf = ({ name, price, active, taxCategory, weightGrams, backorder }: Variant): string =>
  JSON.stringify([name, price, active, taxCategory, weightGrams, backorder]);

/** Undefined leaves the category as it is. On a dry run a category that would be made has no id yet: a new one for sure. */
function categoryOf(row: ProductRow, facts: ImportFacts): string | null | undefined {
  if (row.category === undefined || row.category === null) return row.category;
  const key = pathKey(categoryPath(row.category));
  return facts.categories.get(key) ?? `new:${key}`;
}
