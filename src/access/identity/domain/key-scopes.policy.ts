import { alwaysHolds, type Policy } from '../../../kernel/auth/policy';
import { expandPattern } from './permissions';

/** A scope: `*`, `resource:*` or `resource:action`. */
export const SCOPE = /^(?:\*|[a-z][a-z0-9-]{0,62}:(?:\*|[a-z][a-z0-9-]{0,62}))$/;

/**
 * Scopes of which their owner holds nothing. What the owner holds under conditions alone counts as held, because the
 * conditions are asked whenever the key is used; a name that no route asks for gives nothing and harms nothing.
 */
export const beyond = (scopes: readonly string[], owner: Policy): string[] =>
  scopes.filter((scope) => {
    const permissions = expandPattern(scope);
    return permissions.length > 0 && !permissions.some((one) => alwaysHolds(owner, one) || owner.rules.has(one));
  });
