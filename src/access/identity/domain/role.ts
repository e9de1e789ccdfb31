import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { RoleChanged } from '../contracts/grant-events';
import { roleKeyTaken } from './grant.errors';
import { systemRole } from './system-roles';

/** What a role's key looks like. */
export const ROLE_KEY = /^[a-z][a-z0-9-]{1,62}$/;

const isRoleKey = (text: string): boolean => ROLE_KEY.test(text);

/** A key from a name: `Night shift` → `night-shift`; a name without Latin letters gets one of its own. */
export function roleKeyOf(name: string, id: string): string {
  const key = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return isRoleKey(key) ? key : `role-${id.slice(-12)}`;
}

/** A role of a tenant: a name for permissions. Its key never changes; what it inherits is kept in `role_edges`. */
@Entity({ schema: 'identity', name: 'roles' })
export class Role extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') key: string;
  @Column('text') name: string;
  @Column('text') description: string;
  /** Permissions and `resource:*` patterns that the role names itself. */
  @Column('text', { array: true }) permissions: string[];
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** @throws AppError conflict for the key of a system role */
  static create(facts: { name: string; key?: string; description?: string; permissions: string[] }): Role {
    const id = newId();
    const key = facts.key ?? roleKeyOf(facts.name, id);
    if (systemRole(key)) throw roleKeyTaken(key);
    const role = Object.assign(new Role(), {
      id,
      key,
      name: facts.name,
      description: facts.description ?? '',
      permissions: [...new Set(facts.permissions)].sort(),
    });
    role.record(new RoleChanged(id, { roleId: id, role: key, change: 'created' }));
    return role;
  }

  change(facts: { name?: string; description?: string; permissions?: string[] }): void {
    if (facts.name !== undefined) this.name = facts.name;
    if (facts.description !== undefined) this.description = facts.description;
    if (facts.permissions !== undefined) this.permissions = [...new Set(facts.permissions)].sort();
    this.record(new RoleChanged(this.id, { roleId: this.id, role: this.key, change: 'changed' }));
  }

  delete(): void {
    this.record(new RoleChanged(this.id, { roleId: this.id, role: this.key, change: 'deleted' }));
  }
}
