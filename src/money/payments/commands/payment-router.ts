import { Injectable } from '@nestjs/common';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Money } from '../../../kernel/money/money';
import { GatewayDesk } from '../adapters/gateway-desk';
import type { OpenedAttempt, PayingMethod, PayingShopper } from '../contracts/open-intent';
import { GatewayAccounts, type ActiveAccount } from '../data/gateway-accounts';
import { Routings } from '../data/routings';
import { NEEDS_NO_TOKEN } from '../domain/payment-gateway';
import { gatewayNotRouted, unknownMethod } from '../domain/payments.errors';
import { route, type Route } from '../domain/routing';
import { SandboxAccounts } from './sandbox-accounts';

/** The account that a payment goes to, and where it goes on. */
export interface Routed {
  account: ActiveAccount;
  route: Route;
  failover: NonNullable<OpenedAttempt['failover']>;
}

/** Where the shopper is, as rules ask for it: the bill's country, else the parcel's. */
export const countryOf = (shopper: PayingShopper | undefined): string | null =>
  (shopper?.billing?.country ?? shopper?.shipping?.country)?.toUpperCase() ?? null;

/** Chooses accounts for payments, by the tenant's rules. */
@Injectable()
export class PaymentRouter {
  constructor(
    private readonly accounts: GatewayAccounts,
    private readonly routings: Routings,
    private readonly sandbox: SandboxAccounts,
    private readonly desk: GatewayDesk,
  ) {}

  /** Accounts for a payment, best first; none where no account can take it. */
  private async candidates(
    tx: Transaction,
    payment: { method: string; amount: Money; country: string | null },
    key: string,
  ): Promise<{ accounts: ActiveAccount[]; failover: boolean; route: Omit<Route, 'by'> }> {
    const [active, { version, rules }] = await together(
      () => this.accounts.active(tx),
      () => this.routings.current(tx),
    );
    const able = active.filter((account) => this.desk.able(account, payment.method, payment.amount.currency));
    const found = route(
      rules,
      payment,
      able.map(({ id }) => id),
      key,
    );
    return {
      accounts: (found?.gatewayIds ?? []).map((id) => able.find((account) => account.id === id)!),
      failover: found?.failover ?? false,
      route: { version, rule: found?.rule ?? null },
    };
  }

  /**
   * The account that takes a try; the sandbox's is opened on first use.
   * @throws AppError invalid `payments.unknown-method`, `payments.gateway-not-routed`
   */
  async choose(
    tx: Transaction,
    { method, amount, shopper }: { method: PayingMethod; amount: Money; shopper?: PayingShopper },
    attemptId: string,
  ): Promise<Routed> {
    const payment = { method: method.type, amount, country: countryOf(shopper) };
    const { accounts, failover, route: taken } = await this.candidates(tx, payment, attemptId);
    if (method.gatewayId) {
      const account = accounts.find(({ id }) => id === method.gatewayId);
      if (!account) throw gatewayNotRouted();
      const others = failover ? accounts.filter((other) => other !== account) : [];
      return { account, route: { ...taken, by: 'client' }, failover: nextOf(others, method) };
    }
    if (accounts.length === 0) return { ...(await this.sandboxFor(tx, method.type, amount)), failover: [] };
    const [account, ...others] = accounts;
    return { account, route: { ...taken, by: 'weight' }, failover: failover ? nextOf(others, method) : [] };
  }

  private async sandboxFor(
    tx: Transaction,
    method: string,
    amount: Money,
  ): Promise<{ account: ActiveAccount; route: Route }> {
    if (!this.desk.has('sandbox') || !this.desk.takes('sandbox', method, amount.currency)) throw unknownMethod(method);
    const id = await this.sandbox.ensure(tx);
    const account: ActiveAccount = { id, provider: 'sandbox', methods: null, capture: 'automatic' };
    return { account, route: { version: 0, rule: null, by: 'weight' } };
  }
}

/** Where a try goes on: an account that the shopper gave a token of, or for a method that needs none. */
const nextOf = (others: ActiveAccount[], { type, token, alternatives }: PayingMethod): Routed['failover'] =>
  others.flatMap(({ id, provider }) => {
    const given = alternatives?.find(({ gatewayId }) => gatewayId === id)?.token;
    const usable = given ?? (token === NEEDS_NO_TOKEN ? token : null);
    return usable === null ? [] : [{ gatewayId: id, provider, method: { type, token: usable } }];
  });
