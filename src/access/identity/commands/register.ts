import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import type { RegistrationData } from '../domain/challenge';
import { normalizeEmail } from '../domain/email.policy';
import { emailInvalid, registrationTarget } from '../domain/identity.errors';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { PasswordHasher } from '../domain/password-hasher';
import { User } from '../domain/user';
import { PasswordRulesOf } from './password-rules';
import { VerificationMail } from './verification-mail';

/**
 * Asks for an account: with `organizationName` to open an organization, without it to join the context's shop as a
 * customer. Whatever is known of the address, the answer and its cost are the same; everything else is said by mail,
 * and nothing comes true before the link in it is opened.
 */
export class RegisterCommand extends Command<void> {
  constructor(readonly form: { email: string; password: string; name: string; organizationName?: string }) {
    super();
  }
}

@CommandHandler(RegisterCommand)
export class RegisterHandler implements ICommandHandler<RegisterCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRulesOf,
    private readonly queries: QueryBus,
    private readonly mail: VerificationMail,
  ) {}

  async execute({ form }: RegisterCommand): Promise<void> {
    const { email, name, organizationName } = form;
    const shop = organizationName === undefined ? currentContext().tenantId : null;
    if (organizationName === undefined && shop === null) throw registrationTarget();
    const emailNormalized = normalizeEmail(email);
    if (!emailNormalized) throw emailInvalid();
    this.rules.assert(form.password, {
      rules: await this.rules.ofTenant(shop),
      words: [email, name, ...(organizationName === undefined ? await this.namesOf(shop!) : [organizationName])],
    });

    const password = await this.hasher.hash(form.password);
    const { allowed: mayMail } = await this.throttles.reserve([{ lane: MAIL_LANE, value: emailNormalized }]);
    const known = await this.accounts.byEmail(emailNormalized);
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(known?.id ?? this.accounts.nobody));
    const target: RegistrationData =
      shop === null
        ? { open: { organizationId: newId(), name: organizationName! } }
        : { join: { organizationId: shop } };

    await this.uow.run(
      async (tx) => {
        const claimed = User.create({ email, emailNormalized, name });
        const { user } = await this.accounts.claimAddress(tx, claimed, password);
        if (!mayMail || user.status !== 'active') return;
        if (!user.isVerified) return this.mail.send(tx, user, { ...target, password, name }, clock.now());
        // A proven address that joins one more shop proves it again; its password stays. Otherwise its owner is told.
        const isMember = memberships.some((membership) => membership.organization.id === shop);
        if (shop !== null && !isMember) return this.mail.send(tx, user, target, clock.now());
        await this.mail.tellOwner(tx, user, clock.now());
      },
      { tenantId: shop ?? PLATFORM_TENANT },
    );
  }

  /** A shop's names: a password is not made of them. */
  private async namesOf(shopId: string): Promise<string[]> {
    const shop = await this.queries.execute(new FindOrganizationQuery({ id: shopId }));
    return shop ? [shop.name, shop.slug] : [];
  }
}
