import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';
import { ThrottleRepository } from '../data/throttle.repository';
import type { RegistrationData } from '../domain/challenge';
import { normalizeEmail } from '../domain/email.policy';
import { emailInvalid, registrationTarget } from '../domain/identity.errors';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { PasswordHasher } from '../domain/password-hasher';
import { CompleteRegistration } from '../reactions/complete-registration';
import { PasswordRulesOf } from './password-rules';

/**
 * Asks for an account: with `organizationName` to open an organization, without it to join the context's shop as a
 * customer. The request writes one row whatever is known of the address, and so tells nothing by its answer or its
 * cost; the worker looks, everything else is said by mail, and nothing comes true before the link in it is opened.
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
    private readonly throttles: ThrottleRepository,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRulesOf,
    private readonly queries: QueryBus,
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
    const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: emailNormalized }]);
    if (!allowed) return;
    const target: RegistrationData =
      shop === null
        ? { open: { organizationId: newId(), name: organizationName! } }
        : { join: { organizationId: shop } };
    await this.uow.run(
      (tx) => {
        tx.timer(CompleteRegistration, { email, name, password, target }, clock.now());
        return Promise.resolve();
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
