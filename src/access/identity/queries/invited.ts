import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { InvitationFacts } from '../../organizations/contracts/invitations';
import { InvitationDoor } from '../commands/join-by-invitation';
import { AccountRepository } from '../data/account.repository';
import { normalizeEmail } from '../domain/email.policy';

/** What the bearer of an invitation's token is invited to, and whether its address has an account already. */
export class InvitedQuery extends Query<InvitationFacts & { hasAccount: boolean }> {
  constructor(readonly token: string) {
    super();
  }
}

@QueryHandler(InvitedQuery)
export class InvitedHandler implements IQueryHandler<InvitedQuery> {
  constructor(
    private readonly door: InvitationDoor,
    private readonly accounts: AccountRepository,
  ) {}

  async execute({ token }: InvitedQuery): Promise<InvitationFacts & { hasAccount: boolean }> {
    const found = await this.door.find(token);
    const account = await this.accounts.byEmail(normalizeEmail(found.email) ?? found.email);
    return { ...found, hasAccount: account?.verified === true };
  }
}
