import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { noteAudit } from '../../../kernel/audit/audit';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';
import { MemberDirectoryQuery } from '../../organizations/contracts/member-directory';
import { RequireRolesQuery } from '../contracts/give-roles';
import { AccountRepository } from '../data/account.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { alreadyMember, emailInvalid, organizationUnavailable } from '../domain/identity.errors';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { AskToJoin } from '../reactions/ask-to-join';

/**
 * Asks a person to work in the caller's organization with a role. Who has no account gets one, and chooses its password
 * behind the link of the mail; who has one only confirms. Nobody becomes a member without opening that link, since
 * membership puts people under the organization's rules. Answer and cost are the same for both: the worker looks which.
 */
export class InvitePersonCommand extends Command<void> {
  constructor(readonly form: { email: string; name: string; role: string }) {
    super();
  }
}

@CommandHandler(InvitePersonCommand)
export class InvitePersonHandler implements ICommandHandler<InvitePersonCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ form }: InvitePersonCommand): Promise<void> {
    const { email, name, role } = form;
    const { tenantId, principal } = currentContext();
    const emailNormalized = normalizeEmail(email);
    if (!emailNormalized) throw emailInvalid();
    noteAudit({ target: { role }, pii: { email: emailNormalized } });
    const organization = await this.queries.execute(new FindOrganizationQuery({ id: tenantId! }));
    if (!organization) throw organizationUnavailable();
    const known = await this.accounts.byEmail(emailNormalized);
    const userIds = [known?.id ?? this.accounts.nobody];
    const { data: members } = await this.queries.execute(new MemberDirectoryQuery({ limit: 1, userIds }));
    if (members.length > 0) throw alreadyMember();
    const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: emailNormalized }]);
    await this.uow.run(async (tx) => {
      await this.queries.execute(new RequireRolesQuery([role]));
      if (!allowed) return;
      const join = { organizationId: organization.id, role, giverId: principal.userId ?? undefined };
      tx.timer(AskToJoin, { email, name, organization: organization.name, join }, clock.now());
    });
  }
}
