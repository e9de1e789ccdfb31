import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { roleCycle, roleTooDeep } from '../domain/grant.errors';
import type { Role } from '../domain/role';

/** Levels of inheritance. */
export const DEEPEST_INHERITANCE = 10;

const CLOSURE = `insert into identity.role_closure (tenant_id, role, inherited, depth)
  with recursive walk as (
    select e.role, e.parent as inherited, 1 as depth from identity.role_edges e where e.tenant_id = $1
    union
    select w.role, e.parent, w.depth + 1 from walk w join identity.role_edges e on e.tenant_id = $1 and e.role = w.inherited
    where w.depth <= ${DEEPEST_INHERITANCE} and w.role <> w.inherited
  ) select $1, role, inherited, min(depth) from walk where role <> inherited group by role, inherited`;

/** Tenants' roles: rows, edges, the closure over them, and what they were. */
@Injectable()
export class RoleRepository {
  /** Locks these roles of the tenant against being deleted; system roles have no rows. @returns the keys that exist */
  async share(tx: Transaction, keys: readonly string[]): Promise<Set<string>> {
    if (keys.length === 0) return new Set();
    const rows = await tx.query<{ key: string }>(
      `select key from identity.roles where tenant_id = $1 and key = any($2) order by key for share`,
      [tx.tenantId, keys],
    );
    return new Set(rows.map(({ key }) => key));
  }

  async count(tx: Transaction): Promise<number> {
    const [{ n }] = await tx.query<{ n: number }>(
      `select count(*)::int as n from identity.roles where tenant_id = $1`,
      [tx.tenantId],
    );
    return n;
  }

  async parents(tx: Transaction, role: string): Promise<string[]> {
    const rows = await tx.query<{ parent: string }>(
      `select parent from identity.role_edges where tenant_id = $1 and role = $2 order by parent`,
      [tx.tenantId, role],
    );
    return rows.map(({ parent }) => parent);
  }

  /**
   * Sets what a role inherits and makes the tenant's closure anew; under the lock of the tenant's policies, so that two
   * edges that together make a circle take turns and the second finds it.
   * @throws AppError conflict `identity.role-cycle`, `identity.role-too-deep`
   */
  async inherit(tx: Transaction, role: string, parents: readonly string[]): Promise<void> {
    if (parents.includes(role)) throw roleCycle();
    const tenant = tx.tenantId;
    await tx.execute(`delete from identity.role_edges where tenant_id = $1 and role = $2`, [tenant, role]);
    await tx.execute(`insert into identity.role_edges (tenant_id, role, parent) select $1, $2, unnest($3::text[])`, [
      tenant,
      role,
      parents,
    ]);
    const circles = await tx.query<{ role: string }>(
      `with recursive walk as (
         select e.parent as at from identity.role_edges e where e.tenant_id = $1 and e.role = $2
         union select e.parent from walk w join identity.role_edges e on e.tenant_id = $1 and e.role = w.at
       ) select at as role from walk where at = $2`,
      [tenant, role],
    );
    if (circles.length > 0) throw roleCycle();
    await tx.execute(`delete from identity.role_closure where tenant_id = $1`, [tenant]);
    await tx.execute(CLOSURE, [tenant]);
    const [{ deepest }] = await tx.query<{ deepest: number | null }>(
      `select max(depth) as deepest from identity.role_closure where tenant_id = $1`,
      [tenant],
    );
    if ((deepest ?? 0) > DEEPEST_INHERITANCE) throw roleTooDeep(DEEPEST_INHERITANCE);
  }

  /** Everything that a role passes on: itself and what it inherits, by the closure. */
  async lineage(tx: Transaction, role: string): Promise<string[]> {
    const rows = await tx.query<{ inherited: string }>(
      `select inherited from identity.role_closure where tenant_id = $1 and role = $2`,
      [tx.tenantId, role],
    );
    return [role, ...rows.map(({ inherited }) => inherited)];
  }

  /** Permissions (patterns too) that tenants' roles name themselves. */
  async permissionsOf(tx: Transaction, keys: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ permission: string }>(
      `select distinct unnest(permissions) as permission from identity.roles where tenant_id = $1 and key = any($2)`,
      [tx.tenantId, keys],
    );
    return rows.map(({ permission }) => permission);
  }

  /** What still hangs on a role within identity. */
  async usage(tx: Transaction, role: string): Promise<{ grants: number; heirs: number }> {
    const [row] = await tx.query<{ grants: number; heirs: number }>(
      `select (select count(*)::int from identity.grants where tenant_id = $1 and role = $2 and revoked_at is null
           and (valid_to is null or valid_to > kernel.now())) as grants,
         (select count(*)::int from identity.role_edges where tenant_id = $1 and parent = $2) as heirs`,
      [tx.tenantId, role],
    );
    return row;
  }

  /** Notes what a role is from now on (null: nothing any more), for questions about the past. */
  async remember(tx: Transaction, role: Role, inherits: readonly string[] | null): Promise<void> {
    await tx.execute(
      `update identity.role_versions set to_at = kernel.now() where tenant_id = $1 and role = $2 and to_at is null`,
      [tx.tenantId, role.key],
    );
    if (inherits === null) return;
    await tx.execute(
      `insert into identity.role_versions (tenant_id, id, role, name, permissions, inherits, from_at)
       values ($1, $2, $3, $4, $5, $6, kernel.now())`,
      [tx.tenantId, newId(), role.key, role.name, role.permissions, inherits],
    );
  }
}
