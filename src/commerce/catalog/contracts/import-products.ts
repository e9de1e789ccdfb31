import { Command } from '@nestjs/cqrs';
import type { FieldSet, RowOf } from '../../../kernel/tabular/fields';
import type { ImportOutcome, Numbered } from '../../../kernel/tabular/import-report';
import type { ProductImportMemory } from './import-memory';

const TAX_CATEGORY = {
  type: 'text',
  maxLength: 40,
  pattern: { test: /^[a-z0-9]+(?:-[a-z0-9]+)*$/, says: 'a name of lower-case letters, digits and single hyphens' },
} as const;

/** Columns of a product file: one row a variant. Rows with the same handle are variants of one product. */
export const PRODUCT_FIELDS = {
  sku: { type: 'text', required: true, maxLength: 64 },
  name: { type: 'text', required: true, maxLength: 200 },
  handle: { type: 'text', maxLength: 120 },
  variantName: { type: 'text', maxLength: 200 },
  description: { type: 'text', maxLength: 10_000 },
  /** A path of names: "Food > Cheese". */
  category: { type: 'text', maxLength: 500 },
  price: { type: 'money', required: true, min: 0, max: 1_000_000_000_000 },
  currency: { type: 'currency', required: true },
  /** Whether the product is on sale. */
  active: { type: 'boolean' },
  /** Whether this variant of it is. */
  variantActive: { type: 'boolean' },
  /** Names the tax rates that apply to the product. */
  taxCategory: TAX_CATEGORY,
  /** And to this variant of it; empty: the product's. */
  variantTaxCategory: TAX_CATEGORY,
  /** Weight of one piece. */
  weightGrams: { type: 'integer', min: 0, max: 100_000_000 },
  /** Whether the variant may be sold beyond its stock. */
  backorder: { type: 'text', oneOf: ['no', 'backorder', 'preorder'] },
  /** Pieces counted in the house; what is reserved of them stays reserved. */
  onHand: { type: 'integer', min: 0, max: 1_000_000_000 },
  reorderLevel: { type: 'integer', min: 0, max: 1_000_000_000 },
  /** Pieces ordered from suppliers. */
  incoming: { type: 'integer', min: 0, max: 1_000_000_000 },
} as const satisfies FieldSet;

/** One row; `price` in minor units of `currency`. */
export type ProductRow = Numbered<RowOf<typeof PRODUCT_FIELDS>>;

/** `stock` counts the rows with a stock count, `stockChanged` those whose count was different; 0 on a dry run. */
export interface ImportProductsOutcome extends ImportOutcome {
  stock: number;
  stockChanged: number;
}

/**
 * Creates and updates products by SKU, set by set, in one transaction, and sets their stock through inventory. Repeating it with the same rows changes nothing.
 * Rows that cannot be taken come back as faults, nothing of them is written; the other rows of the batch are. A dry run judges all
 * that a write does: stock that is promised, serial numbers, and how many products the plan allows.
 */
export class ImportProductsCommand extends Command<ImportProductsOutcome> {
  constructor(
    readonly request: {
      rows: ProductRow[];
      dryRun?: boolean;
      /** What a stock count rests on, for its movements. */ document?: string;
      /** Of the import that these rows are a batch of; default: they are all there is. */ memory?: ProductImportMemory;
    },
  ) {
    super();
  }
}
