import { AppError } from '../../../kernel/errors/app-error';
import type { ImportOutcome, RowFault } from '../../../kernel/tabular/import-report';
import { emptyOutcome } from '../../../kernel/tabular/import-report';
import type { BackorderMode } from '../contracts/find-variants-by-sku';
import { SHARED_FIELDS, type ProductImportMemory, type SharedField } from '../contracts/import-memory';
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
  /** What the batches before said. */
  memory: ProductImportMemory;
  /** The file that the rows are of. */
  document: string;
  /** Set on a look ahead that writes nothing: how many products the plan has room for; null: any number. */
  lookAhead?: { allowance: { room: number; limit: number } | null };
}

/**
 * Decides what an import writes: rows are gathered to products (by SKU, then by handle), compared with what is there,
 * and become new products, changed ones, or nothing. A row that cannot be taken becomes a fault and is left out. A look ahead
 * counts what batches before would have made, and the products beyond what the plan allows are faults.
 */
export function planImport(rows: readonly ProductRow[], facts: ImportFacts): ImportPlan {
  const plan: ImportPlan = { outcome: emptyOutcome(), created: [], suggested: [], changed: [] };
  for (const group of gather(rows, facts, plan.outcome.faults)) planProduct(group, facts, plan);
  plan.outcome.faults.sort((a, b) => a.line - b.line);
  return plan;
}

interface Group {
  /** Names the product over all batches: `id:`, `handle:` or, where no other row can name it, `sku:`. */
  key: string;
  product: Product | null;
  rows: ProductRow[];
}

function gather(rows: readonly ProductRow[], facts: ImportFacts, faults: RowFault[]): Group[] {
  const bySku = new Map(facts.products.flatMap((product) => product.variants.map((it) => [it.sku, product] as const)));
  const byHandle = new Map(facts.products.map((product) => [product.handle, product]));
  const groups = new Map<string, Group>();
  const lines = new Map<string, number>();
  const { memory, document } = facts;
  for (const { sku, handle } of rows) {
    // A product that gets a handle by one row is meant by the others that name it.
    const owner = bySku.get(sku);
    if (!owner || !handle || byHandle.has(handle)) continue;
    byHandle.set(handle, owner);
    memory.rename(handle, `id:${owner.id}`);
  }
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
    const wanted = owner && row.handle && row.handle !== owner.handle ? planned(row.handle, facts) : null;
    if (wanted && wanted !== `id:${owner!.id}`) {
      fault('handle', 'taken', `Rows before give the handle ${row.handle} to another product.`);
      continue;
    }
    const product = owner ?? namesake ?? null;
    const key = keyOf(row, product, facts);
    const group = groups.get(key) ?? { key, product, rows: [] };
    const other = conflictIn(group.rows, row) ?? memory.conflict(key, row, document);
    if (other) {
      const where = `Line ${other.line}${other.here ? '' : ' of another file'}`;
      fault(other.field, 'conflicting-value', `${where} says another ${other.field} for the same product.`);
      continue;
    }
    memory.remember(key, row, document);
    lines.set(row.sku, row.line);
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** On a look ahead: the product that would have this handle by what batches before say. */
function planned(handle: string, { memory, lookAhead }: ImportFacts): string | null {
  if (!lookAhead) return null;
  const key = `handle:${handle}`;
  return memory.renamedTo(handle) ?? (memory.isPlanned(key) ? key : null);
}

function keyOf(row: ProductRow, product: Product | null, facts: ImportFacts): string {
  if (product) return `id:${product.id}`;
  return row.handle ? (planned(row.handle, facts) ?? `handle:${row.handle}`) : `sku:${row.sku}`;
}

function conflictIn(
  rows: readonly ProductRow[],
  row: ProductRow,
): { field: SharedField; line: number; here: boolean } | null {
  if (rows.length === 0) return null;
  const [first] = rows;
  const shared = SHARED_FIELDS.find((field) => (row[field] ?? null) !== (first[field] ?? null));
  if (shared) return { field: shared, line: first.line, here: true };
  const named = row.handle && rows.find(({ handle }) => handle && handle !== row.handle);
  return named ? { field: 'handle', line: named.line, here: true } : null;
}

/** Decides on a look ahead about a product that is not there: whether to go on with it, or not at all. */
function mayBeMade({ key, rows }: Group, { memory, lookAhead }: ImportFacts, plan: ImportPlan): boolean {
  if (!lookAhead) return true;
  if (memory.isPlanned(key)) {
    plan.outcome.created += rows.length;
    return false;
  }
  const { allowance } = lookAhead;
  if (allowance && memory.planned >= allowance.room) {
    const reason = `The plan of this organization allows ${allowance.limit} products; this would be one more.`;
    plan.outcome.faults.push(...rows.map(({ line }) => ({ line, column: '*', code: 'limit-reached', reason })));
    return false;
  }
  memory.plan(key);
  return true;
}

function planProduct(group: Group, facts: ImportFacts, plan: ImportPlan): void {
  const { product, rows } = group;
  if (!product && !mayBeMade(group, facts, plan)) return;
  const [first] = rows;
  const change: ProductChange = {
    name: first.name,
    description: first.description,
    active: first.active ?? undefined,
    taxCategory: first.taxCategory ?? undefined,
    handle: rows.find(({ handle }) => handle)?.handle ?? undefined,
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
    if (!change.handle) plan.suggested.push(made);
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
