import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Money } from '../../../kernel/money/money';
import type { BackorderMode } from '../contracts/find-variants-by-sku';

/** A part of a bundle: so many pieces of the variant with this SKU. */
export interface BundleComponent {
  sku: string;
  quantity: number;
}

/** One sellable form of a product: what a SKU names and a price belongs to. */
@Entity({ schema: 'catalog', name: 'variants' })
export class Variant {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'product_id' }) productId: string;
  @Column('text') sku: string;
  @Column('text', { nullable: true }) name: string | null;
  /** Order within the product, from 0. */
  @Column('int') position: number;
  @Column('bigint', { name: 'price_amount' }) priceAmount: number;
  @Column('char', { name: 'price_currency', length: 3 }) priceCurrency: string;
  @Column('boolean') active: boolean;
  /** Null: the product's. */
  @Column('text', { name: 'tax_category', nullable: true }) taxCategory: string | null;
  @Column('int', { name: 'weight_grams', nullable: true }) weightGrams: number | null;
  @Column('text') backorder: BackorderMode;
  /** True when it is made of `components` and has no stock of its own. */
  @Column('boolean') bundle: boolean;
  /** One value of each option of the product, in their order; null where it has none. */
  @Column('jsonb', { name: 'option_values', nullable: true }) optionValues: string[] | null;
  @Column('text', { name: 'option_key', nullable: true }) optionKey: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;

  /** Not a column: what a bundle is made of, null for anything else; undefined where the load did not bring it. */
  components?: BundleComponent[] | null;

  get price(): Money {
    return { amount: Number(this.priceAmount), currency: this.priceCurrency };
  }
}
