import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { Transaction } from '../../../kernel/database/transaction';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { organizationUnavailable } from '../domain/identity.errors';
import { sessionNotFound, ticketInvalid } from '../domain/session.errors';
import { SignInTicket } from '../domain/sign-in-ticket';
import { BeginSession } from './begin-session';
import { clientOf } from './client-signals';
import type { TokenAnswer } from './token-answer';

/**
 * Completes a sign-in that waited because too many sessions were open: the chosen one ends, and the new one begins in
 * the same commit. The ticket works once, for the client that signed in.
 * @throws AppError 401 `identity.ticket-invalid`, not-found `identity.session-not-found`
 */
export class ResumeSignInCommand extends Command<TokenAnswer> {
  constructor(readonly form: { ticket: string; endSession: string }) {
    super();
  }
}

@CommandHandler(ResumeSignInCommand)
export class ResumeSignInHandler implements ICommandHandler<ResumeSignInCommand> {
  constructor(
    private readonly begin: BeginSession,
    private readonly sessions: SessionRepository,
    private readonly accounts: AccountRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ form }: ResumeSignInCommand): Promise<TokenAnswer> {
    const found = await this.sessions.ticketPlace(sha256(form.ticket));
    const account = found && (await this.accounts.byId(found.userId));
    if (!found || account?.status !== 'active') throw ticketInvalid();
    const { id: ticketId, organizationId, proof } = found;
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(account.id));
    const membership = memberships.find(({ organization }) => organization.id === organizationId) ?? null;
    if (organizationId !== null && !membership) throw organizationUnavailable();
    const admission = { account, membership, ...proof, authTime: new Date(proof.authTime) };
    return this.begin.admit(admission, (tx) => this.settle(tx, ticketId, account.id, form.endSession));
  }

  private async settle(tx: Transaction, ticketId: string, userId: string, endSession: string): Promise<void> {
    const now = clock.now();
    const ticket = await tx.store.load(SignInTicket, ticketId);
    const version = await this.sessions.userVersion(tx, userId);
    if (!ticket?.serves(clientOf(currentContext()), version, now)) throw ticketInvalid();
    const [session] = await this.sessions.lockLive(tx, { userId, sessionId: endSession });
    // A wrong choice costs nothing: the ticket can be used for another one.
    if (!session) throw sessionNotFound();
    ticket.consume(now);
    await tx.store.update(ticket);
    await this.sessions.revoke(tx, session, 'revoked');
  }
}
