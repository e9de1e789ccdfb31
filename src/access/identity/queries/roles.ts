import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { RightsRepository } from '../data/rights.repository';
import { roleNotFound } from '../domain/grant.errors';
import { SYSTEM_ROLES } from '../domain/system-roles';

export interface RoleSummary {
  id: string;
  key: string;
  name: string;
  description: string;
  /** Made by the product: the same in every organization, and not to be changed. */
  system: boolean;
  permissions: string[];
  inherits: string[];
  createdAt: Date | null;
}

/** Each permission with the roles it comes through, from this role on. */
export type RoleDetails = RoleSummary & { allows: { permission: string; path: string[] }[] };

/** The product's roles and the organization's own, in one list. */
const ROLES = `(select s.id, s.key, s.name, s.description, true as system, s.permissions, '{}'::text[] as inherits,
    null::timestamptz as created_at
  from jsonb_to_recordset($1::jsonb) as s(id uuid, key text, name text, description text, permissions text[])
  union all
  select r.id, r.key, r.name, r.description, false, r.permissions,
    coalesce((select array_agg(e.parent order by e.parent) from identity.role_edges e
      where e.tenant_id = r.tenant_id and e.role = r.key), '{}'), r.created_at
  from identity.roles r where r.tenant_id = kernel.tenant_id()) as r`;
const COLUMNS = `r.id, r.key, r.name, r.description, r.system, r.permissions, r.inherits, r.created_at as "createdAt"`;
const SYSTEM = JSON.stringify(SYSTEM_ROLES);

const LIST = keyset({
  id: 'r.id',
  sorts: { name: { sql: 'lower(r.name)', type: 'text' }, key: { sql: 'r.key', type: 'text' } },
  defaultSort: 'name',
  filters: { system: { sql: 'r.system', type: 'boolean' } },
});

/** Roles that members of the context's organization can have. */
export class ListRolesQuery extends Query<Page<RoleSummary>> {
  constructor(readonly list: ListQuery & { system?: boolean }) {
    super();
  }
}

@QueryHandler(ListRolesQuery)
export class ListRolesHandler implements IQueryHandler<ListRolesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListRolesQuery): Promise<Page<RoleSummary>> {
    return LIST.run<RoleSummary, RoleSummary>(this.database, list, {
      select: COLUMNS,
      from: ROLES,
      where: 'true',
      params: [SYSTEM],
      map: ({ id, key, name, description, system, permissions, inherits, createdAt }) => ({
        id,
        key,
        name,
        description,
        system,
        permissions,
        inherits,
        createdAt,
      }),
    });
  }
}

/** One role with everything that it allows. */
export class FindRoleQuery extends Query<RoleDetails> {
  constructor(readonly roleId: string) {
    super();
  }
}

@QueryHandler(FindRoleQuery)
export class FindRoleHandler implements IQueryHandler<FindRoleQuery> {
  constructor(
    private readonly database: Database,
    private readonly rights: RightsRepository,
  ) {}

  async execute({ roleId }: FindRoleQuery): Promise<RoleDetails> {
    const [role] = await this.database.read<RoleSummary>(`select ${COLUMNS} from ${ROLES} where r.id = $2`, [
      SYSTEM,
      roleId,
    ]);
    if (!role) throw roleNotFound();
    const book = await this.rights.bookOf(currentContext().tenantId!);
    const allows = [...book.expand(role.key)].map(([permission, path]) => ({ permission, path: [...path] }));
    return { ...role, allows: allows.sort((a, b) => (a.permission < b.permission ? -1 : 1)) };
  }
}
