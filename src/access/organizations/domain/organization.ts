import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { OrganizationCreated, OrganizationStatusChanged } from '../contracts/organization-events';
import type { StoredBranding } from './branding.policy';
import { deletionAsked, deletionNotAsked, organizationClosed } from './organizations.errors';
import type { Limits, Plan } from './plan.policy';
import type { OrganizationSettings } from './settings.policy';

/** Days between the wish to delete an organization and its end, in which it can be taken back. */
export const DELETION_DAYS = 30;

export type OrganizationStatus = 'active' | 'suspended' | 'closed';

/** A tenant. Its id is the tenant id of all its rows; its row is the lock under which owners are counted. */
@Entity({ schema: 'organizations', name: 'tenants' })
export class Organization extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') slug: string;
  @Column('text') name: string;
  @Column('jsonb') settings: OrganizationSettings;
  @Column('jsonb') branding: StoredBranding;
  @Column('text') status: OrganizationStatus;
  @Column('text') plan: Plan;
  /** Limits of the plan `custom`. */
  @Column('jsonb') limits: Limits;
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) suspendedAt: Date | null;
  @Column('text', { name: 'suspension_reason', nullable: true }) suspensionReason: string | null;
  @Column('timestamptz', { name: 'deletion_requested_at', nullable: true }) deletionRequestedAt: Date | null;
  @Column('uuid', { name: 'deletion_requested_by', nullable: true }) deletionRequestedBy: string | null;
  @Column('timestamptz', { name: 'deletes_at', nullable: true }) deletesAt: Date | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(facts: {
    id: string;
    slug: string;
    name: string;
    ownerUserId: string;
    plan?: Plan;
    settings?: OrganizationSettings;
  }): Organization {
    const { id, slug, name, ownerUserId, plan = 'enterprise', settings = {} } = facts;
    const organization = Object.assign(new Organization(), {
      tenantId: id,
      id,
      slug,
      name,
      settings,
      branding: {},
      status: 'active',
      plan,
      limits: {},
      suspendedAt: null,
      suspensionReason: null,
      deletionRequestedAt: null,
      deletionRequestedBy: null,
      deletesAt: null,
    });
    organization.record(new OrganizationCreated(id, { organizationId: id, slug, name, ownerUserId }));
    return organization;
  }

  /** Changes what is given; settings are merged one level deep, a null removes a setting. */
  change(changes: { name?: string; settings?: { [Name in keyof OrganizationSettings]?: unknown } }): void {
    if (changes.name !== undefined) this.name = changes.name;
    if (changes.settings) this.settings = merge(this.settings, changes.settings);
  }

  /** Merges branding one level deep; a null takes a part back to its default. */
  brand(changes: { [Name in keyof StoredBranding]?: unknown }): void {
    this.branding = merge(this.branding, changes);
  }

  /** Gives another plan; `limits` are kept for `custom` alone. */
  subscribe(plan: Plan, limits: Limits): void {
    this.plan = plan;
    this.limits = plan === 'custom' ? limits : {};
  }

  /** Everything of the organization is refused from now on. Nothing happens when it was before. */
  suspend(reason: string, now: Date): void {
    if (this.status === 'closed') throw organizationClosed();
    if (this.status === 'suspended') return;
    this.move('suspended');
    this.suspendedAt = now;
    this.suspensionReason = reason;
  }

  resume(): void {
    if (this.status === 'closed') throw organizationClosed();
    if (this.status === 'active') return;
    this.move('active');
    this.suspendedAt = null;
    this.suspensionReason = null;
  }

  /** Asks for the end of the organization. @throws AppError conflict when that was asked before */
  askDeletion(by: string | null, now: Date): Date {
    if (this.deletesAt) throw deletionAsked(this.deletesAt);
    this.deletionRequestedAt = now;
    this.deletionRequestedBy = by;
    this.deletesAt = new Date(now.getTime() + DELETION_DAYS * 86_400_000);
    return this.deletesAt;
  }

  withdrawDeletion(): void {
    if (this.status === 'closed') throw organizationClosed();
    if (!this.deletesAt) throw deletionNotAsked();
    this.deletionRequestedAt = null;
    this.deletionRequestedBy = null;
    this.deletesAt = null;
  }

  /** Ends the organization when its time has come. @returns whether it did */
  close(now: Date): boolean {
    if (this.status === 'closed' || !this.deletesAt || this.deletesAt > now) return false;
    this.move('closed');
    return true;
  }

  private move(status: OrganizationStatus): void {
    this.record(new OrganizationStatusChanged(this.id, { organizationId: this.id, from: this.status, to: status }));
    this.status = status;
  }
}

/** `changes` over `present`; what is null is left out. */
function merge<T extends object>(present: T, changes: object): T {
  const said = Object.entries(changes).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...present, ...Object.fromEntries(said) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null)) as T;
}
