import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { fold } from '../../../kernel/text/fold';
import { CustomerGroupRemoved } from '../contracts/customer-groups';

export interface CustomerGroupChange {
  name?: string;
  description?: string | null;
}

/** A group that a shop puts customers into, for prices, coupons and mailings. Its name is unique in the shop. */
@Entity({ schema: 'customers', name: 'groups' })
export class CustomerGroup extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(data: CustomerGroupChange & { name: string }, at: Date): CustomerGroup {
    const group = Object.assign(new CustomerGroup(), { id: newId(), description: null, createdAt: at });
    group.change(data, at);
    return group;
  }

  change({ name, description }: CustomerGroupChange, at: Date): void {
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    if (description !== undefined) this.description = description;
    this.updatedAt = at;
  }

  remove(): void {
    this.record(new CustomerGroupRemoved(this.id, { groupId: this.id, name: this.name }, this.version + 1));
  }
}
