import type { SessionRules } from '../contracts/security-policy';
import type { PolicySection } from './security-policy';

/** Lives and numbers of sessions, as an organization may limit them. */
export const sessionSection: PolicySection<SessionRules> = {
  resolve: (stored) => ({ ...stored }),
  faults: () => [],
};
