import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { currentContext, runInContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { logger } from '../../../kernel/telemetry/logger';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { SavedMethods, type SavedMethodRow } from '../data/saved-methods';
import type { GatewayAccount } from '../domain/payment-gateway';
import { gatewayNotFound, methodNotFound } from '../domain/payments.errors';
import type { KeepOutcome, KeepRequest } from '../domain/saved-method';
import { ForgetMethod } from '../jobs/saved-methods';

const isOpen = ({ state }: SavedMethodRow): boolean => state === 'pending' || state === 'requires_action';

/** Speaks with providers about ways to pay that are to be kept, and writes down what they say. Never inside a transaction. */
@Injectable()
export class MethodDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly methods: SavedMethods,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
    private readonly config: Config,
  ) {}

  /** Asks for the keeping; repeated, it is the same keeping. A provider that stays silent is asked again by a timer. */
  async ask(id: string): Promise<void> {
    try {
      await this.settle(id);
    } catch (error) {
      logger.warn({ err: error, savedMethodId: id }, 'the provider was not heard about a way to pay');
    }
  }

  /**
   * Asks the provider how a keeping stands, beginning it where it never arrived. What it keeps although the person took it
   * away meanwhile, or it was given up, it is to forget.
   * @param options `within` runs in the recording transaction; returning false leaves it undone. `ended`: the provider told of a
   *   keeping, which may have ended here
   * @throws what the gateway throws
   */
  async settle(
    id: string,
    { within, ended = false }: { within?: (tx: Transaction) => Promise<boolean>; ended?: boolean } = {},
  ): Promise<void> {
    const method = await this.methods.find(currentContext().tenantId!, id);
    if (!method) throw methodNotFound();
    const isAsked = isOpen(method) || (ended && method.state !== 'active' && method.provider_method_id === null);
    const outcome = isAsked ? await this.outcome(method) : null;
    await this.aside(async (tx) => {
      if (within && !(await within(tx))) return;
      if (!outcome) return;
      const isUnwanted = await this.methods.record(tx, method, outcome);
      if (isUnwanted) tx.job(ForgetMethod, { savedMethodId: id });
    });
  }

  /** Nobody came back to end it. */
  async giveUp(tx: Transaction, id: string): Promise<void> {
    const method = await this.methods.share(tx, id);
    const message = 'Nobody confirmed it in time.';
    if (method) await this.methods.record(tx, method, { status: 'failed', setupId: null, code: 'abandoned', message });
  }

  /** The provider is to forget what the person took away. */
  async forget(id: string): Promise<void> {
    const method = await this.methods.find(currentContext().tenantId!, id);
    if (!method?.provider_method_id) return;
    const { provider_method_id: providerMethodId } = method;
    const account = await this.account(method.gateway_id);
    await this.gateways.call(account, async (gateway, signal) =>
      gateway.forgetMethod?.(account, providerMethodId, signal),
    );
  }

  private async outcome(method: SavedMethodRow): Promise<KeepOutcome> {
    const account = await this.account(method.gateway_id);
    const payer = method.customer ?? (await this.namePayer(account, method));
    const request: KeepRequest = {
      savedMethodId: method.id,
      payer,
      method: { type: method.method_type, token: method.method_token ?? '' },
      returnUrl: `${this.config.publicUrl}/api/v1/payment-methods/${method.id}/return`,
      setupId: method.setup_id,
      createdAt: method.created_at,
    };
    return this.gateways.call(account, (gateway, signal) => gateway.keepMethod!(account, request, signal));
  }

  private async namePayer(account: GatewayAccount, { payer_id: payerId, user_id: userId }: SavedMethodRow) {
    const customer = await this.gateways.call(account, (gateway, signal) =>
      gateway.ensurePayer!(account, { payerId, userId }, signal),
    );
    await this.aside((tx) => this.methods.namePayer(tx, payerId, customer));
    return customer;
  }

  /** A transaction of its own: what it comes to is no answer to the caller's request. */
  private aside<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return runInContext({ idempotency: undefined }, () => this.uow.run(work));
  }

  private async account(gatewayId: string): Promise<GatewayAccount> {
    const account = await this.accounts.find(currentContext().tenantId!, gatewayId);
    if (!account) throw gatewayNotFound();
    return account;
  }
}
