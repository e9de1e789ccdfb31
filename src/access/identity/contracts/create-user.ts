import { Command } from '@nestjs/cqrs';

/**
 * Makes a user whose address somebody vouches for: an operator at the prompt, the seed, an import. No mail is sent.
 * Runs in any tenant's transaction (users belong to the platform). An address that is taken keeps its user, whose
 * password, name and verification stay as they are (`created` false); `operator: true` is added to it, never removed.
 *
 * Give a `password`, or the `passwordHash` of an import (bcrypt `$2…` or argon2id), or neither: such a user cannot sign
 * in until a password is set.
 * @throws AppError invalid `identity.password-refused`, `identity.email-invalid`, `identity.hash-unknown`.
 */
export class CreateUserCommand extends Command<{ userId: string; created: boolean }> {
  constructor(
    readonly user: {
      email: string;
      name: string;
      password?: string;
      passwordHash?: string;
      verified?: boolean;
      operator?: boolean;
    },
  ) {
    super();
  }
}
