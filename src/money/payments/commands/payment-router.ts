import { Injectable } from '@nestjs/common';
import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Money } from '../../../kernel/money/money';
import { GatewayDesk } from '../adapters/gateway-desk';
import { SAVED, type OpenedAttempt, type PayingMethod, type PayingShopper } from '../contracts/open-intent';
import { GatewayAccounts, type ActiveAccount } from '../data/gateway-accounts';
import { Routings } from '../data/routings';
import { SavedMethods } from '../data/saved-methods';
import type { KeptMethod } from '../domain/payment-intent';
import { NEEDS_NO_TOKEN } from '../domain/payment-gateway';
import {
  gatewayNotRouted,
  gatewayOff,
  methodNotActive,
  methodNotFound,
  unknownMethod,
} from '../domain/payments.errors';
import { route, type Route } from '../domain/routing';
import { SandboxAccounts } from './sandbox-accounts';

/** The account that a payment goes to, and where it goes on. */
export interface Routed {
  account: ActiveAccount;
  route: Route;
  failover: NonNullable<OpenedAttempt['failover']>;
  /** As the gateway knows it. */
  method: { type: string; token: string };
  /** Of a kept way to pay. */
  kept?: KeptMethod;
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
    private readonly saved: SavedMethods,
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
    if (method.type === SAVED) return this.keptOf(tx, method.token, amount, shopper);
    const asGiven = { type: method.type, token: method.token };
    const payment = { method: method.type, amount, country: countryOf(shopper) };
    const { accounts, failover, route: taken } = await this.candidates(tx, payment, attemptId);
    if (method.gatewayId) {
      const account = accounts.find(({ id }) => id === method.gatewayId);
      if (!account) throw gatewayNotRouted();
      const others = failover ? accounts.filter((other) => other !== account) : [];
      return { account, route: { ...taken, by: 'client' }, failover: nextOf(others, method), method: asGiven };
    }
    if (accounts.length === 0)
      return { ...(await this.sandboxFor(tx, method.type, amount)), failover: [], method: asGiven };
    const [account, ...others] = accounts;
    const next = failover ? nextOf(others, method) : [];
    return { account, route: { ...taken, by: 'weight' }, failover: next, method: asGiven };
  }

  /**
   * A kept way to pay is of one account. Its person uses it; whoever may collect for an order may charge it without them,
   * where the order is that person's.
   */
  private async keptOf(
    tx: Transaction,
    id: string,
    amount: Money,
    shopper: PayingShopper | undefined,
  ): Promise<Routed> {
    const saved = await this.saved.share(tx, id);
    const { principal } = currentContext();
    const isOwn = saved !== null && principal.userId === saved.user_id;
    const mayCharge = hasPermission(principal, 'orders:write') && shopper?.userId === saved?.user_id;
    if (!saved || saved.state === 'removed' || !(isOwn || mayCharge)) throw methodNotFound();
    if (saved.state !== 'active') throw methodNotActive(saved.state);
    const account = (await this.accounts.active(tx)).find((one) => one.id === saved.gateway_id);
    if (!account || !this.desk.able(account, saved.method_type, amount.currency)) throw gatewayOff();
    const { version } = await this.routings.current(tx);
    return {
      account,
      route: { version, rule: null, by: 'client' },
      failover: [],
      method: { type: saved.method_type, token: saved.provider_method_id! },
      kept: {
        methodId: saved.id,
        payer: saved.customer!,
        offSession: !isOwn,
        contact: isOwn ? null : (shopper?.email ?? null),
      },
    };
  }

  private async sandboxFor(
    tx: Transaction,
    method: string,
    amount: Money,
  ): Promise<{ account: ActiveAccount; route: Route }> {
    if (!this.desk.has('sandbox') || !this.desk.takes('sandbox', method, amount.currency)) throw unknownMethod(method);
    const id = await this.sandbox.ensure(tx);
    const account: ActiveAccount = { id, provider: 'sandbox', methods: null, apiBase: null, capture: 'automatic' };
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
