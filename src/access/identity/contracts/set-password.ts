import { Command } from '@nestjs/cqrs';

/**
 * Sets a user's password and ends all of the user's sessions. For the command line and administrators' recovery; the
 * caller has made sure that this is allowed.
 * @throws AppError not-found `identity.user-not-found`, invalid `identity.password-refused`.
 */
export class SetPasswordCommand extends Command<{ userId: string }> {
  constructor(readonly request: { email: string; password: string }) {
    super();
  }
}
