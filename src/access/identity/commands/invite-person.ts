import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
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
import { User } from '../domain/user';
import { AccountMail } from './account-mail';

/**
 * Asks a person to work in the caller's organization with a role. Who has no account gets one, and chooses its password
 * behind the link of the mail; who has one only confirms. Nobody becomes a member without opening that link, since
 * membership puts people under the organization's rules. The answer is the same for both.
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
    private readonly mail: AccountMail,
  ) {}

  async execute({ form }: InvitePersonCommand): Promise<void> {
    const { email, name, role } = form;
    const { tenantId, principal } = currentContext();
    const emailNormalized = normalizeEmail(email);
    if (!emailNormalized) throw emailInvalid();
    noteAudit({ target: { role }, pii: { email: emailNormalized } });
    const organization = await this.queries.execute(new FindOrganizationQuery({ id: tenantId! }));
    if (!organization) throw organizationUnavailable();
    const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: emailNormalized }]);
    await this.uow.run(async (tx) => {
      await this.queries.execute(new RequireRolesQuery([role]));
      const { user } = await this.accounts.claimAddress(tx, User.create({ email, emailNormalized, name }));
      const { data: members } = await this.queries.execute(new MemberDirectoryQuery({ limit: 1, userIds: [user.id] }));
      if (members.length > 0) throw alreadyMember();
      if (!allowed || user.status !== 'active') return;
      const join = { organizationId: organization.id, role, giverId: principal.userId ?? undefined };
      const data = { organization: organization.name };
      if (user.isVerified)
        await this.mail.link(tx, user.email, user, {
          purpose: 'verify-email',
          carries: { join },
          template: 'asked-to-join',
          data,
        });
      else
        await this.mail.link(
          tx,
          user.email,
          { id: user.id, name },
          { purpose: 'reset-password', carries: { join }, template: 'account-created', data },
        );
    });
  }
}
