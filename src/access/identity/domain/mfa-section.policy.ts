import type { MfaRules } from '../contracts/security-policy';
import type { PolicySection } from './security-policy';

/** Second factors, as an organization may ask for them. */
export const mfaSection: PolicySection<MfaRules> = {
  resolve: (stored) => ({ ...stored }),
  faults: () => [],
};
