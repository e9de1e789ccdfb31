import { Command } from '@nestjs/cqrs';
import type { SessionEnd } from './identity-events';

/**
 * Ends live sessions of a user: those that all given conditions name. Joins the caller's transaction; every process
 * sees it within seconds, sockets within two. The caller has made sure that this is allowed.
 */
export class RevokeSessionsCommand extends Command<{ revoked: number }> {
  constructor(
    readonly request: {
      userId: string;
      reason: SessionEnd;
      /** This one alone. */
      sessionId?: string;
      /** All but this one. */
      exceptSessionId?: string | null;
      /** Those on this device. */
      deviceId?: string;
      /** Those that work in this organization. */
      organizationId?: string;
    },
  ) {
    super();
  }
}
