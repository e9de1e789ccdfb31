import { hash } from 'node:crypto';
import type { ProductRow } from './import-products';

/** Fields that all rows of one product must agree on. */
export const SHARED_FIELDS = ['name', 'description', 'category', 'active', 'taxCategory'] as const;
/** Those and the handle, which a row may leave out. */
const REMEMBERED = [...SHARED_FIELDS, 'handle'] as const;

export type SharedField = (typeof REMEMBERED)[number];

/** Characters that are kept of what a field says: 48 bits of its hash. */
const SAID = 8;
const NOTHING = ' '.repeat(SAID);

interface Remembered {
  line: number;
  document: string;
  /** What each of the fields said, hashed, one after the other. */
  said: string;
  /** Whether the look ahead counted it as a product to be made. */
  planned: boolean;
}

/**
 * What the batches of one import know of each other: rows of one product that lie in different batches must agree as those of one
 * batch do, and are one product where a plan limits how many there may be. Some 200 bytes for each product that rows name by a
 * handle or that was there before; one a run, over its look ahead and its writing.
 */
export class ProductImportMemory {
  private readonly products = new Map<string, Remembered>();
  private readonly renamed = new Map<string, string>();
  private readonly wished = new Set<string>();
  /** Products that the look ahead would make so far. */
  planned = 0;

  /** Where rows before said something else of the same product. @param key names the product, as `planImport` does */
  conflict(key: string, row: ProductRow, document: string): { field: SharedField; line: number; here: boolean } | null {
    const first = this.products.get(key);
    if (!first) return null;
    const said = sayingOf(row);
    if (said === first.said) return null;
    const field = REMEMBERED.find((_, at) => {
      const [a, b] = [said, first.said].map((all) => all.slice(at * SAID, (at + 1) * SAID));
      return a !== b && (REMEMBERED[at] !== 'handle' || (a !== NOTHING && b !== NOTHING));
    });
    return field ? { field, line: first.line, here: first.document === document } : null;
  }

  /** Notes the first row of a product; products of rows without a handle that are new cannot come again. */
  remember(key: string, row: ProductRow, document: string): void {
    if (row.handle) this.wished.add(row.handle);
    if (key.startsWith('sku:') || this.products.has(key)) return;
    this.products.set(key, { line: row.line, document, said: sayingOf(row), planned: false });
  }

  /** Notes that a known product would get this handle. */
  rename(handle: string, key: string): void {
    this.renamed.set(handle, key);
  }

  /** The known product that would have this handle by then. */
  renamedTo(handle: string): string | undefined {
    return this.renamed.get(handle);
  }

  /** Counts a product that would be made. */
  plan(key: string): void {
    this.planned += 1;
    const known = this.products.get(key);
    if (known) known.planned = true;
  }

  /** Whether the look ahead met the product as one to be made, or as one that was there. */
  isPlanned(key: string): boolean {
    return key.startsWith('id:') || this.products.get(key)?.planned === true;
  }

  /** Whether a row of the file names a product by this handle. */
  isWished(handle: string): boolean {
    return this.wished.has(handle);
  }
}

const sayingOf = (row: ProductRow): string =>
  REMEMBERED.map((field) => {
    const value = row[field] ?? null;
    return value === null ? NOTHING : hash('sha1', String(value), 'base64').slice(0, SAID);
  }).join('');
