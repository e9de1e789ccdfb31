import { Column, CreateDateColumn, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';

/** What may change; what is absent stays. */
export interface LocationChange {
  code?: string;
  name?: string;
  active?: boolean;
}

/** Why a location cannot be closed; all 0 where it can. */
export interface LocationUse {
  /** Articles of which pieces lie there. */
  stocked: number;
  /** Articles that are to come. */
  incoming: number;
  /** Transfers from or to it that are planned or under way. */
  transfers: number;
  /** Orders to suppliers that bring goods there. */
  purchaseOrders: number;
  /** Stock counts under way. */
  counts: number;
}

/** A place where stock lies. One of a shop's locations is its default: receipts go there, holds take from it first. */
@Entity({ schema: 'inventory', name: 'locations' })
export class Location {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  /** Short name, unique in the shop. */
  @Column('text') code: string;
  @Column('text') name: string;
  @Column('boolean', { name: 'is_default' }) isDefault: boolean;
  /** Nothing is put where it is not; nothing lies there. */
  @Column('boolean') active: boolean;
  @VersionColumn() version: number;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;

  static open(code: string, name: string, isDefault = false): Location {
    return Object.assign(new Location(), { id: newId(), code, name, isDefault, active: true });
  }

  change({ code = this.code, name = this.name, active = this.active }: LocationChange): void {
    Object.assign(this, { code, name, active });
  }
}
