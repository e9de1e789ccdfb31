import type { ClientBase } from 'pg';

/** Roles of the database. The login is what the application connects as; it owns nothing and inherits nothing. */
export const ROLES = {
  /** Owns the database's schemas and tables and runs the migrations; never used to answer a request. */
  owner: 'mainstay_owner',
  /** The application's login: NOINHERIT, so it can do nothing until it says SET ROLE. */
  login: 'mainstay',
  /** What requests run as: tables are granted to it, row-level security binds it. */
  app: 'mainstay_app',
  /** Claims deliveries across tenants, and nothing else. */
  worker: 'mainstay_worker',
  /** Owns schema bullmq, whose library creates sequences at run time. */
  queue: 'mainstay_queue',
  /** Owns the SECURITY DEFINER search functions, with SELECT policies of its own. */
  search: 'mainstay_search',
  /** Owns schema auditor, where the signed heads of the audit trails are kept; nobody serves as it. */
  auditor: 'mainstay_auditor',
} as const;

/** The NOLOGIN roles between which the login switches. */
const SERVING_ROLES: readonly string[] = [ROLES.app, ROLES.worker, ROLES.queue, ROLES.search];

/** All NOLOGIN roles. */
export const GROUP_ROLES = [ROLES.app, ROLES.worker, ROLES.queue, ROLES.search, ROLES.auditor] as const;

/** Roles whose objects the owner manages in migrations, and so also inherits. */
const MANAGED: readonly string[] = [ROLES.queue, ROLES.search];

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Creates a role unless it exists, also when two starts do it at once. */
const createRole = (name: string, attributes: string): string => `do $do$ begin
  if not exists (select from pg_roles where rolname = ${literal(name)}) then create role ${quote(name)} ${attributes}; end if;
exception when duplicate_object or unique_violation then null; end $do$`;

/** Statements that a superuser runs once on an embedded cluster: the two logins (passwords without quotes). */
export const loginStatements = (passwords: { owner: string; app: string }): string[] => [
  createRole(ROLES.owner, 'login createrole noinherit nosuperuser nobypassrls'),
  createRole(ROLES.login, 'login noinherit nosuperuser nocreatedb nocreaterole nobypassrls'),
  `alter role ${ROLES.owner} password ${literal(passwords.owner)}`,
  `alter role ${ROLES.login} password ${literal(passwords.app)}`,
];

/**
 * Makes the NOLOGIN roles and the memberships; the client is connected as the owner (CREATEROLE), `appLogin` is the
 * role of DATABASE_URL. Repeating it changes nothing. PostgreSQL 16 and later say INHERIT and SET with each grant;
 * before, the login's own NOINHERIT decides, which `appLoginFaults` checks.
 */
export async function ensureRoles(client: ClientBase, appLogin: string): Promise<void> {
  const { rows } = await client.query<{ version: number; me: string }>(
    `select current_setting('server_version_num')::int as version, current_user::text as me`,
  );
  const { version, me } = rows[0];
  const perGrant = version >= 160000;
  for (const role of GROUP_ROLES) {
    await client.query(createRole(role, 'nologin nosuperuser nocreatedb nocreaterole nobypassrls noinherit'));
    if (
      !(await isMember(
        client,
        role,
        me,
        perGrant ? `m.set_option and m.inherit_option = ${MANAGED.includes(role)}` : 'true',
      ))
    ) {
      const how = perGrant ? ` with set true, inherit ${MANAGED.includes(role)}` : ' with admin option';
      await client.query(`grant ${quote(role)} to ${quote(me)}${how}`);
    }
    if (appLogin === me || !SERVING_ROLES.includes(role)) continue;
    if (!(await isMember(client, role, appLogin, perGrant ? 'm.set_option and not m.inherit_option' : 'true'))) {
      await client.query(
        `grant ${quote(role)} to ${quote(appLogin)}${perGrant ? ' with set true, inherit false' : ''}`,
      );
    }
  }
}

async function isMember(client: ClientBase, role: string, member: string, how: string): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles g on g.oid = m.member
     where r.rolname = $1 and g.rolname = $2 and ${how} limit 1`,
    [role, member],
  );
  return rows.length > 0;
}

/**
 * Why the role that this client is connected as may not serve requests: it could walk around the tenant wall.
 * Empty when it may. Each line is a sentence for the person who set DATABASE_URL.
 */
export async function appLoginFaults(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{
    name: string;
    superuser: boolean;
    bypass: boolean;
    owns: string | null;
    database: boolean;
    inherits: string | null;
  }>(`select r.rolname::text as name, r.rolsuper as superuser, r.rolbypassrls as bypass,
        (select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relowner = r.oid and c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
            and n.nspname not like 'pg_temp%' limit 1) as owns,
        exists (select from pg_database d where d.datname = current_database() and d.datdba = r.oid) as database,
        (select string_agg(g.rolname, ', ' order by g.rolname) from pg_roles g
          where g.oid <> r.oid and pg_has_role(r.oid, g.oid, 'usage')
            and (g.rolsuper or g.rolbypassrls or g.rolname in ('mainstay_worker', 'mainstay_search')
              or exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relowner = g.oid and c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq')))) as inherits
      from pg_roles r where r.rolname = session_user`);
  const { name, superuser, bypass, owns, database, inherits } = rows[0];
  const faults: string[] = [];
  if (superuser) faults.push(`Role "${name}" is a superuser; row-level security does not bind it.`);
  if (bypass) faults.push(`Role "${name}" has BYPASSRLS.`);
  if (database) faults.push(`Role "${name}" owns the database.`);
  if (owns) faults.push(`Role "${name}" owns the table ${owns}; an owner can switch row-level security off.`);
  if (inherits) faults.push(`Role "${name}" inherits from ${inherits}; make it NOINHERIT.`);
  return faults;
}
