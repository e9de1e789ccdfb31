import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { FieldError } from '../../../kernel/errors/app-error';
import { printable } from '../../../kernel/http/suggest';
import { MembersByRoleQuery } from '../../organizations/contracts/members-by-role';
import { RoleRepository } from '../data/role.repository';
import {
  ownerByMembership,
  roleInUse,
  roleIsSystem,
  roleKeyTaken,
  roleNotFound,
  tooMany,
  unknownNames,
} from '../domain/grant.errors';
import { isPermissionPattern, expandAll } from '../domain/permissions';
import { Role } from '../domain/role';
import { systemRole, SYSTEM_ROLES } from '../domain/system-roles';
import { PolicyLock, requireHeld } from './policy-lock';

const MOST_ROLES = 200;

export interface RoleWish {
  name: string;
  key?: string;
  description?: string;
  permissions: string[];
  inherits: string[];
}

/** Makes a role of the context's organization. Its maker must hold everything that it allows. */
export class CreateRoleCommand extends Command<{ id: string }> {
  constructor(readonly role: RoleWish) {
    super();
  }
}

/** Changes a role for all who have it, at once. What is not named stays; what is given or taken must be held. */
export class ChangeRoleCommand extends Command<void> {
  constructor(
    readonly roleId: string,
    readonly changes: Partial<Omit<RoleWish, 'key'>>,
  ) {
    super();
  }
}

/** Deletes a role that nobody has, no grant names and no other role inherits. */
export class DeleteRoleCommand extends Command<void> {
  constructor(readonly roleId: string) {
    super();
  }
}

/** @throws AppError 400 naming each entry that is no permission of the catalogue */
export function requirePermissions(permissions: readonly string[], pointer = '/permissions'): void {
  const errors = permissions.flatMap((permission, index): FieldError[] =>
    isPermissionPattern(permission)
      ? []
      : [
          {
            pointer: `${pointer}/${index}`,
            code: 'permission',
            detail: `There is no permission "${printable(permission)}".`,
          },
        ],
  );
  if (errors.length > 0) throw unknownNames(errors, 'GET /api/v1/authz/permissions lists them.');
}

@CommandHandler(CreateRoleCommand)
export class CreateRoleHandler implements ICommandHandler<CreateRoleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly roles: RoleRepository,
  ) {}

  async execute({ role: wish }: CreateRoleCommand): Promise<{ id: string }> {
    requirePermissions(wish.permissions);
    const inherits = [...new Set(wish.inherits)].sort();
    return this.uow.run(async (tx) => {
      await this.lock.take(tx);
      if ((await this.roles.count(tx)) >= MOST_ROLES) throw tooMany('roles in an organization', MOST_ROLES);
      const role = Role.create(wish);
      const [same] = await tx.store.loadMany(Role, { key: role.key }, { lock: false });
      if (same) throw roleKeyTaken(role.key);
      requireHeld([...wish.permissions, ...(await inheritable(tx, this.roles, inherits))]);
      await tx.store.save(role);
      if (inherits.length > 0) await this.roles.inherit(tx, role.key, inherits);
      await this.roles.remember(tx, role, inherits);
      return { id: role.id };
    });
  }
}

/** Permissions that parents would pass on. @throws AppError 400 for keys that are no roles, and for the owner */
async function inheritable(tx: Transaction, roles: RoleRepository, parents: readonly string[]): Promise<string[]> {
  if (parents.includes('owner')) throw ownerByMembership();
  const found = await roles.share(
    tx,
    parents.filter((key) => !systemRole(key)),
  );
  const errors = parents.flatMap((key, index): FieldError[] =>
    systemRole(key) || found.has(key)
      ? []
      : [{ pointer: `/inherits/${index}`, code: 'role', detail: `There is no role "${printable(key)}".` }],
  );
  if (errors.length > 0) throw unknownNames(errors, 'GET /api/v1/roles lists them, by key.');
  return permissionsOfRoles(tx, roles, parents);
}

/** Permissions (patterns too) of roles with everything that they inherit. */
export async function permissionsOfRoles(
  tx: Transaction,
  roles: RoleRepository,
  keys: readonly string[],
): Promise<string[]> {
  const all = new Set<string>();
  for (const key of keys) for (const one of await roles.lineage(tx, key)) all.add(one);
  const named = await roles.permissionsOf(tx, [...all]);
  return [...named, ...SYSTEM_ROLES.filter(({ key }) => all.has(key)).flatMap(({ permissions }) => permissions)];
}

@CommandHandler(ChangeRoleCommand)
export class ChangeRoleHandler implements ICommandHandler<ChangeRoleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly roles: RoleRepository,
  ) {}

  async execute({ roleId, changes }: ChangeRoleCommand): Promise<void> {
    if (changes.permissions) requirePermissions(changes.permissions);
    if (isSystemId(roleId)) throw roleIsSystem();
    await this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const role = await tx.store.load(Role, roleId);
      if (!role) throw roleNotFound();
      const before = await permissionsOfRoles(tx, this.roles, [role.key]);
      let inherits = await this.roles.parents(tx, role.key);
      if (changes.inherits) {
        inherits = [...new Set(changes.inherits)].sort();
        await inheritable(tx, this.roles, inherits);
        await this.roles.inherit(tx, role.key, inherits);
      }
      role.change(changes);
      await tx.store.save(role);
      const after = await permissionsOfRoles(tx, this.roles, [role.key]);
      requireHeld(difference(before, after));
      await this.roles.remember(tx, role, inherits);
    });
  }
}

/** What one of two lists of patterns allows and the other does not. */
function difference(a: readonly string[], b: readonly string[]): string[] {
  const [before, after] = [expandAll(a), expandAll(b)];
  return [...[...before].filter((one) => !after.has(one)), ...[...after].filter((one) => !before.has(one))];
}

const isSystemId = (id: string): boolean => SYSTEM_ROLES.some((role) => role.id === id);

@CommandHandler(DeleteRoleCommand)
export class DeleteRoleHandler implements ICommandHandler<DeleteRoleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly roles: RoleRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ roleId }: DeleteRoleCommand): Promise<void> {
    if (isSystemId(roleId)) throw roleIsSystem();
    await this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const role = await tx.store.load(Role, roleId);
      if (!role) throw roleNotFound();
      const { grants, heirs } = await this.roles.usage(tx, role.key);
      const members = await this.queries.execute(new MembersByRoleQuery({ roles: [role.key] }));
      const by = [
        ...(members.length > 0 ? [`${members.length} members`] : []),
        ...(grants > 0 ? [`${grants} grants`] : []),
        ...(heirs > 0 ? [`${heirs} roles`] : []),
      ];
      if (by.length > 0) throw roleInUse(by.join(', '));
      await this.roles.remember(tx, role, null);
      role.delete();
      tx.record(...role.pullEvents());
      await tx.store.remove(role);
    });
  }
}
