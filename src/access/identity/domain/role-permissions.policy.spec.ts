import { GUEST, hasPermission, type Principal } from '../../../kernel/auth/principal';
import { operatorPermissions, permissionsOfRole } from './role-permissions.policy';

const holder = (permissions: ReadonlySet<string>): Principal => ({ ...GUEST, kind: 'user', permissions });

describe('roles', () => {
  it('let owners do everything in their tenant', () => {
    expect(hasPermission(holder(permissionsOfRole('owner')), 'members:write')).toBe(true);
  });

  it('let staff run the shop, not the organization', () => {
    const staff = holder(permissionsOfRole('staff'));
    for (const right of ['orders:cancel', 'inventory:write', 'products:write', 'members:read'])
      expect(hasPermission(staff, right)).toBe(true);
    for (const right of ['members:write', 'organizations:write', 'audit:read', 'roles:write'])
      expect(hasPermission(staff, right)).toBe(false);
  });

  it('let customers see what is theirs', () => {
    const customer = holder(permissionsOfRole('customer'));
    expect(hasPermission(customer, 'orders:read-own')).toBe(true);
    for (const right of ['orders:read', 'customers:read', 'inventory:read', 'members:read'])
      expect(hasPermission(customer, right)).toBe(false);
  });

  it('keep operators out of tenants', () => {
    const operator = holder(operatorPermissions());
    expect(hasPermission(operator, 'platform:deliveries')).toBe(true);
    for (const right of ['orders:read', 'customers:read', 'members:write'])
      expect(hasPermission(operator, right)).toBe(false);
  });
});
