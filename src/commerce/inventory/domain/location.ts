import { Column, CreateDateColumn, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';

/** A place where stock lies. One of a shop's locations is its default: receipts go there, holds take from it first. */
@Entity({ schema: 'inventory', name: 'locations' })
export class Location {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  /** Short name, unique in the shop. */
  @Column('text') code: string;
  @Column('text') name: string;
  @Column('boolean', { name: 'is_default' }) isDefault: boolean;
  @Column('boolean') active: boolean;
  @VersionColumn() version: number;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;

  static open(code: string, name: string, isDefault = false): Location {
    return Object.assign(new Location(), { id: newId(), code, name, isDefault, active: true });
  }
}
