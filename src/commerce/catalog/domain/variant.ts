import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Money } from '../../../kernel/money/money';

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
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;

  get price(): Money {
    return { amount: Number(this.priceAmount), currency: this.priceCurrency };
  }
}
