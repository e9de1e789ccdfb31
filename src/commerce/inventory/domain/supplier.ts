import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';

/** A person or desk at a supplier. */
export interface SupplierContact {
  name: string;
  email: string | null;
  phone: string | null;
  /** What they are asked about, as people say it. */
  role: string | null;
}

export interface SupplierChange {
  name?: string;
  currency?: string;
  leadDays?: number;
  contacts?: SupplierContact[];
  address?: string | null;
  note?: string | null;
  active?: boolean;
}

/** Who sells goods to the shop. Everything is bought of one supplier in one currency. */
@Entity({ schema: 'inventory', name: 'suppliers' })
export class Supplier {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('char', { length: 3 }) currency: string;
  /** Days from an order until its goods arrive. */
  @Column('int', { name: 'lead_days' }) leadDays: number;
  @Column('jsonb') contacts: SupplierContact[];
  @Column('text', { nullable: true }) address: string | null;
  @Column('text', { nullable: true }) note: string | null;
  /** Nothing is ordered of one that is not. */
  @Column('boolean') active: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(data: SupplierChange & { name: string; currency: string }, at: Date): Supplier {
    const nothing = { leadDays: 7, contacts: [], address: null, note: null, active: true };
    const supplier = Object.assign(new Supplier(), nothing, { id: newId(), createdAt: at });
    supplier.change(data, at);
    return supplier;
  }

  change(change: SupplierChange, at: Date): void {
    const { name, ...rest } = change;
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    Object.assign(this, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)));
    this.updatedAt = at;
  }
}

/** What a supplier sells of the shop's articles. */
export interface SupplierItem {
  sku: string;
  /** What the supplier calls it. */
  supplierSku: string | null;
  /** A piece, in minor units of the supplier's currency. */
  unitCost: number;
  /** Fewer pieces are not sold. */
  minQuantity: number;
  /** Pieces come in multiples of it. */
  packSize: number;
  /** Days until it arrives; null: as the supplier says. */
  leadDays: number | null;
  /** Where it is bought unless somebody says otherwise; one supplier an article. */
  preferred: boolean;
}
