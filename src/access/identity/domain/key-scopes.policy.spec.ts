import { policyOf } from '../../../kernel/auth/policy';
import { beyond, SCOPE } from './key-scopes.policy';

describe('scopes of API keys', () => {
  it('go no further than their owner', () => {
    expect(beyond(['orders:read', 'members:read', 'members:*'], policyOf('orders:read'))).toEqual([
      'members:read',
      'members:*',
    ]);
    expect(beyond(['*', 'orders:*', 'products:read'], policyOf('orders:read'))).toEqual([]);
    expect(beyond(['*'], policyOf())).toEqual(['*']);
  });

  it('are written in one form', () => {
    for (const good of ['*', 'orders:*', 'orders:read', 'security-policy:update']) expect(good).toMatch(SCOPE);
    for (const bad of ['', 'orders', 'orders:', ':read', '*:read', 'Orders:read', 'orders:read:x', '__proto__:*'])
      expect(bad).not.toMatch(SCOPE);
  });
});
