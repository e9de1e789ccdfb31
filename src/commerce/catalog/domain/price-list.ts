import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';
import { priceListValidity } from './catalog.errors';

export interface PriceListChange {
  name?: string;
  /** Customers of this group alone; null: everybody. */
  customerGroupId?: string | null;
  priority?: number;
  validFrom?: Date | null;
  validUntil?: Date | null;
  active?: boolean;
}

/** Prices of one currency for everybody or for one group of customers, within a time. Half open: `[validFrom, validUntil)`. */
@Entity({ schema: 'catalog', name: 'price_lists' })
export class PriceList {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  /** Fixed for the life of the list: its prices are amounts of it. */
  @Column('char', { length: 3 }) currency: string;
  @Column('uuid', { name: 'customer_group_id', nullable: true }) customerGroupId: string | null;
  @Column('int') priority: number;
  @Column('timestamptz', { name: 'valid_from', nullable: true }) validFrom: Date | null;
  @Column('timestamptz', { name: 'valid_until', nullable: true }) validUntil: Date | null;
  @Column('boolean') active: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** @throws AppError invalid `catalog.price-list-validity-invalid` */
  static create(data: PriceListChange & { name: string; currency: string }, at: Date): PriceList {
    const nothing = { customerGroupId: null, priority: 0, validFrom: null, validUntil: null, active: true };
    const list = Object.assign(new PriceList(), nothing, { id: newId(), currency: data.currency, createdAt: at });
    list.change(data, at);
    return list;
  }

  /** @throws AppError invalid `catalog.price-list-validity-invalid` */
  change(change: PriceListChange, at: Date): void {
    const { name, customerGroupId, priority, validFrom, validUntil, active } = change;
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    if (customerGroupId !== undefined) this.customerGroupId = customerGroupId;
    if (priority !== undefined) this.priority = priority;
    if (validFrom !== undefined) this.validFrom = validFrom;
    if (validUntil !== undefined) this.validUntil = validUntil;
    if (active !== undefined) this.active = active;
    if (this.validFrom && this.validUntil && this.validFrom >= this.validUntil) throw priceListValidity();
    this.updatedAt = at;
  }
}

/** A price from so many pieces on; without an amount the step is taken away. */
export interface PriceStep {
  sku: string;
  minQuantity: number;
  amount: number | null;
}
