import { NO_RIGHTS, policyOf } from './policy';
import type { Principal } from './principal';

/** A guest: no rights beyond public routes. */
export const GUEST: Principal = Object.freeze({
  kind: 'guest',
  userId: null,
  sessionId: null,
  sessionVersion: 0,
  policyVersion: 0,
  tenantId: null,
  roles: [],
  policy: NO_RIGHTS,
  aal: 0,
  amr: [],
  authTime: null,
  secondFactor: 'none',
}) as Principal;

/** Mainstay itself: workers, timers and the command line. */
export const SYSTEM: Principal = Object.freeze({ ...GUEST, kind: 'system', policy: policyOf('*') }) as Principal;
