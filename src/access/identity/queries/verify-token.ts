import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AccessClaims } from '../../../kernel/auth/ports';
import { TOKEN_MAX_LENGTH } from '../../../kernel/auth/access-token';
import { TokenVerifier } from '../../../kernel/auth/token-verifier';
import { AppError } from '../../../kernel/errors/app-error';

/** What a token says, as far as it is good now. */
export interface TokenState {
  active: boolean;
  claims: AccessClaims | null;
}

/** Whether an access token would be accepted now: signature, expiry, session and membership. */
export class VerifyTokenQuery extends Query<TokenState> {
  constructor(readonly token: string) {
    super();
  }
}

@QueryHandler(VerifyTokenQuery)
export class VerifyTokenHandler implements IQueryHandler<VerifyTokenQuery> {
  constructor(private readonly verifier: TokenVerifier) {}

  async execute({ token }: VerifyTokenQuery): Promise<TokenState> {
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || token.length > TOKEN_MAX_LENGTH)
      return { active: false, claims: null };
    try {
      return { active: true, claims: (await this.verifier.verify(token)).claims };
    } catch (error) {
      // Why it is not good is nobody's business but its holder's, who learns it by using it.
      if (error instanceof AppError && error.kind === 'unauthenticated') return { active: false, claims: null };
      throw error;
    }
  }
}
