import { Command } from '@nestjs/cqrs';

/**
 * Checks address and password of an operator, and the `code` (of an app, or a backup code) of one with a second factor, with the throttle and the cost of a sign-in but without a session: for
 * pages that keep their own cookie. Null for anybody else.
 * @throws AppError too-many `identity.too-many-tries`, unavailable `identity.busy`.
 */
export class CheckOperatorCommand extends Command<{ userId: string; email: string } | null> {
  constructor(readonly credentials: { email: string; password: string; code?: string }) {
    super();
  }
}
