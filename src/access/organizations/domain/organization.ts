import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { OrganizationCreated } from '../contracts/organization-events';

/** A tenant. Its id is the tenant id of all its rows; its row is the lock under which owners are counted. */
@Entity({ schema: 'organizations', name: 'tenants' })
export class Organization extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') slug: string;
  @Column('text') name: string;
  @Column('jsonb') settings: Record<string, unknown>;
  @Column('text') status: 'active' | 'suspended';
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(facts: {
    id: string;
    slug: string;
    name: string;
    ownerUserId: string;
    settings?: Record<string, unknown>;
  }): Organization {
    const { id, slug, name, ownerUserId, settings = {} } = facts;
    const organization = Object.assign(new Organization(), {
      tenantId: id,
      id,
      slug,
      name,
      settings,
      status: 'active',
    });
    organization.record(new OrganizationCreated(id, { organizationId: id, slug, name, ownerUserId }));
    return organization;
  }

  /** Changes what is given; settings are merged one level deep, a null removes a setting. */
  change(changes: { name?: string; settings?: Record<string, unknown> }): void {
    if (changes.name !== undefined) this.name = changes.name;
    if (changes.settings) {
      const merged = { ...this.settings, ...changes.settings };
      this.settings = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    }
  }
}
