import { Command, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { OriginAllowedQuery } from '../../../access/organizations/contracts/allowed-origin';
import { Clock } from '../../../kernel/clock/clock';
import { Config, USUAL_ADDRESS } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { merchantSession } from '../adapters/apple-pay';
import { ProviderHealth } from '../adapters/provider-health';
import { ApplePayRepository } from '../data/apple-pay';
import { checkIdentity, validationUrlOf, type MerchantIdentity } from '../domain/apple-pay';
import { applePayChanged, applePayNotSetUp, domainNotOurs, providerNotOffered } from '../domain/payments.errors';

/**
 * Sets a shop up for Apple Pay: its merchant identity, and the file that proves its domains. What is absent stays, null
 * takes it away.
 * @throws AppError invalid `payments.apple-pay-certificate-invalid`, conflict `payments.apple-pay-changed`
 */
export class SaveApplePayCommand extends Command<void> {
  constructor(
    readonly changes: { identity?: MerchantIdentity | null; association?: string | null },
    /** The version that was read, or null. */
    readonly expected: number | null,
  ) {
    super();
  }
}

/**
 * Gets a merchant session of Apple for a page of the shop. Network: never inside a transaction.
 * @throws AppError invalid `payments.validation-url-refused`, `payments.domain-not-ours`, conflict
 *   `payments.apple-pay-not-set-up`, `payments.apple-pay-refused`, `payments.provider-not-offered`, unavailable `payments.gateway-silent`
 */
export class StartApplePaySessionCommand extends Command<Record<string, unknown>> {
  constructor(readonly request: { validationUrl: string; domain: string }) {
    super();
  }
}

@CommandHandler(SaveApplePayCommand)
export class SaveApplePayHandler implements ICommandHandler<SaveApplePayCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly applePay: ApplePayRepository,
  ) {}

  async execute({ changes: { identity, association }, expected }: SaveApplePayCommand): Promise<void> {
    const checked = identity && {
      ...identity,
      notAfter: checkIdentity(identity.certificate, identity.privateKey, this.clock.now()),
    };
    const isSaved = await this.uow.run((tx) => this.applePay.save(tx, { identity: checked, association }, expected));
    if (!isSaved) throw applePayChanged();
  }
}

@CommandHandler(StartApplePaySessionCommand)
export class StartApplePaySessionHandler implements ICommandHandler<StartApplePaySessionCommand> {
  constructor(
    private readonly queries: QueryBus,
    private readonly applePay: ApplePayRepository,
    private readonly config: Config,
    private readonly health: ProviderHealth,
  ) {}

  async execute({ request }: StartApplePaySessionCommand): Promise<Record<string, unknown>> {
    const context = currentContext();
    if (context.transaction) throw new Error('Apple must not be called inside a transaction.');
    const { applePayApiBase, applePayCa: ca, gatewayTimeoutMs: timeoutMs, publicUrl, corsOrigins } = this.config;
    if (applePayApiBase === null) throw providerNotOffered('apple_pay');
    const url = validationUrlOf(request.validationUrl, applePayApiBase === USUAL_ADDRESS ? null : applePayApiBase);
    // Another shop's page must not pass itself off as this one.
    const origin = `https://${request.domain}`;
    const isOurs =
      context.domain === request.domain ||
      [new URL(publicUrl).origin, ...corsOrigins].includes(origin) ||
      (await this.queries.execute(new OriginAllowedQuery(origin, context.tenantId)));
    if (!isOurs) throw domainNotOurs();
    const identity = await this.applePay.identity(context.tenantId!);
    if (!identity) throw applePayNotSetUp();
    try {
      const session = await merchantSession(url, identity, request.domain, { timeoutMs, ca });
      this.health.note({ provider: 'apple_pay' }, true);
      return session;
    } catch (error) {
      this.health.note({ provider: 'apple_pay' }, error instanceof AppError && error.kind !== 'unavailable');
      throw error;
    }
  }
}
