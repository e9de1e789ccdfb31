import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import {
  checkCredentials,
  credentialsOf,
  hintsOf,
  isTestMode,
  secretsOf,
  type Provider,
} from '../domain/gateway-credentials';
import { apiBaseRefused, gatewayNotFound, methodsUnknown, providerNotOffered } from '../domain/payments.errors';
import { rolled } from '../domain/webhook-secrets';
import { DailyReconciliation } from './daily-reconciliation';
import { SandboxAccounts } from './sandbox-accounts';

/** Hours for which a webhook secret that was replaced still signs, unless the tenant says otherwise. */
const KEEP_FORMER_HOURS = 24;

/**
 * Opens an account at a provider for the tenant; the credentials are sealed and never shown again. Opening the sandbox
 * again answers with the account that is there, enabled.
 * @returns the account's id
 * @throws AppError invalid `payments.credentials-invalid`, `payments.methods-unknown`, `payments.api-base-refused`,
 *   conflict `payments.provider-not-offered`
 */
export class OpenGatewayCommand extends Command<string> {
  constructor(
    readonly request: {
      provider: Provider;
      name?: string;
      credentials: Record<string, string>;
      testMode?: boolean;
      methods?: string[];
      apiBase?: string;
      capture?: 'automatic' | 'manual';
    },
  ) {
    super();
  }
}

/**
 * Changes an account: name, methods, whether it takes new payments, some of its credentials. A replaced webhook secret
 * goes on signing for a while.
 * @throws AppError not-found `payments.gateway-not-found`, and as `OpenGatewayCommand`
 */
export class ChangeGatewayCommand extends Command<void> {
  constructor(
    readonly id: string,
    readonly changes: {
      name?: string;
      status?: 'active' | 'disabled';
      methods?: string[] | null;
      capture?: 'automatic' | 'manual';
      credentials?: Record<string, string>;
      keepFormerWebhookHours?: number;
    },
  ) {
    super();
  }
}

@CommandHandler(OpenGatewayCommand)
export class OpenGatewayHandler implements ICommandHandler<OpenGatewayCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly sandbox: SandboxAccounts,
    private readonly daily: DailyReconciliation,
    private readonly config: Config,
  ) {}

  async execute({ request }: OpenGatewayCommand): Promise<string> {
    const { provider, credentials } = request;
    if (!this.desk.has(provider)) throw providerNotOffered(provider);
    checkCredentials(provider, credentials, true);
    this.checkMethods(provider, request.methods);
    const apiBase = request.apiBase ?? null;
    if (apiBase !== null && (this.config.isProduction || !isLoopback(apiBase))) throw apiBaseRefused();
    return this.uow.run(async (tx) => {
      if (provider === 'sandbox') {
        const id = (await this.accounts.sandboxOf(tx)) ?? (await this.sandbox.ensure(tx));
        const { name, methods, capture } = request;
        await this.accounts.change(tx, { id, provider }, { name, methods, capture, status: 'active' });
        return id;
      }
      const account = {
        provider,
        name: request.name ?? NAMES[provider],
        testMode: isTestMode(provider, credentials, request.testMode),
        hints: hintsOf(provider, credentials),
        methods: request.methods ?? null,
        apiBase,
        capture: request.capture ?? ('automatic' as const),
      };
      const id = (await this.accounts.open(tx, account, secretsOf(provider, credentials)))!;
      await this.daily.start(tx, { id, provider });
      return id;
    });
  }

  private checkMethods(provider: Provider, methods: string[] | undefined): void {
    const known = this.desk.of(provider).capabilities().methods;
    const unknown = (methods ?? []).filter((method) => !known.includes(method));
    if (unknown.length) throw methodsUnknown(unknown, known);
  }
}

const NAMES: Record<Provider, string> = { stripe: 'Stripe', paypal: 'PayPal', sandbox: 'Sandbox' };

/** Doubles of providers stand on this machine; anything else would let a tenant send our requests anywhere. */
function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, pathname, search } = new URL(address);
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && pathname === '/' && !search;
}

@CommandHandler(ChangeGatewayCommand)
export class ChangeGatewayHandler implements ICommandHandler<ChangeGatewayCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly daily: DailyReconciliation,
    private readonly clock: Clock,
  ) {}

  async execute({ id, changes }: ChangeGatewayCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const account = await this.accounts.lock(tx, id);
      if (!account) throw gatewayNotFound();
      const provider = account.provider as Provider;
      if (changes.credentials) {
        checkCredentials(provider, changes.credentials, false);
        const credentials = { ...credentialsOf(provider, account.secrets), ...changes.credentials };
        const hours = changes.keepFormerWebhookHours ?? KEEP_FORMER_HOURS;
        const until = new Date(this.clock.nowMs() + hours * 3_600_000);
        const secrets = rolled(account.secrets, secretsOf(provider, credentials), until);
        const said = provider === 'stripe' ? undefined : account.testMode;
        const facts = { testMode: isTestMode(provider, credentials, said), hints: hintsOf(provider, credentials) };
        // The sandbox has no credentials to change, and signs by its own.
        if (provider !== 'sandbox') await this.accounts.changeSecrets(tx, account, secrets, facts);
      }
      if (changes.methods) {
        const known = this.desk.of(provider).capabilities().methods;
        const unknown = changes.methods.filter((method) => !known.includes(method));
        if (unknown.length) throw methodsUnknown(unknown, known);
      }
      await this.accounts.change(tx, account, changes);
      await this.daily.start(tx, account);
    });
  }
}
