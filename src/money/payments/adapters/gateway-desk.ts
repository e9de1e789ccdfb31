import { Inject, Injectable } from '@nestjs/common';
import { SYSTEM } from '../../../kernel/auth/principal';
import { maybeContext, runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import type { PayingAs, PayingShopper } from '../contracts/open-intent';
import { NEEDS_NO_TOKEN, type GatewayAccount, type PaymentGateway } from '../domain/payment-gateway';
import { providerNotOffered, shopperUnknown } from '../domain/payments.errors';
import { ProviderHealth } from './provider-health';

/** Injection token of the list of gateways. */
export const GATEWAYS = Symbol('payments.gateways');

/** What decides whether an account takes a payment. */
type Offered = { provider: string; methods: string[] | null; apiBase: string | null };

/**
 * The one place where gateways are called: never inside a transaction, always with a deadline, detached from the
 * request's idempotency key (a provider's own writes must not become its answer).
 */
@Injectable()
export class GatewayDesk {
  constructor(
    @Inject(GATEWAYS) private readonly gateways: PaymentGateway[],
    private readonly health: ProviderHealth,
  ) {}

  /** The gateway of a provider. @throws Error when the code for it is gone, which is a deployment fault */
  of(provider: string): PaymentGateway {
    const gateway = this.gateways.find((candidate) => candidate.provider === provider);
    if (!gateway) throw new Error(`No gateway serves the provider ${provider}.`);
    return gateway;
  }

  /** Whether any gateway here has a payment method. */
  serves(method: string): boolean {
    return this.gateways.some((candidate) => candidate.capabilities().methods.includes(method));
  }

  /** Whether a provider takes a method in a currency. */
  takes(provider: string, method: string, currency: string): boolean {
    const { methods, currencies } = this.of(provider).capabilities();
    return methods.includes(method) && (currencies === 'any' || currencies.includes(currency));
  }

  /** Whether an account takes a payment: its provider does, and the tenant lets it. */
  able(account: Offered, method: string, currency: string): boolean {
    const { provider, methods } = account;
    const isLet = methods === null || methods.includes(method);
    return isLet && this.reaches(account) && this.takes(provider, method, currency);
  }

  /** Whether an account keeps a method for later. */
  keeps(account: Offered, method: string): boolean {
    const { provider, methods } = account;
    const isLet = methods === null || methods.includes(method);
    return isLet && this.reaches(account) && (this.of(provider).capabilities().keeps?.includes(method) ?? false);
  }

  /** Whether requests go to the provider of an account; what is not listed by whoever runs this is never asked. */
  reaches(account: { provider: string; apiBase: string | null }): boolean {
    return this.has(account.provider) && (this.of(account.provider).reaches?.(account) ?? true);
  }

  /**
   * What the providers that may be asked are to be told of the shopper, and no more.
   * @param tokens those that providers may be asked with
   * @param from whence the shopper asks, of which a mandate makes a note; nothing where somebody else does
   * @throws AppError invalid `payments.shopper-unknown`
   */
  payingAs(
    providers: string[],
    { type, tokens }: { type: string; tokens: string[] },
    shopper: PayingShopper | undefined,
    from: { ip?: string; userAgent?: string },
  ): PayingAs | null {
    const capabilities = providers.map((provider) => this.of(provider).capabilities());
    const isUntold = tokens.includes(NEEDS_NO_TOKEN);
    const asked = isUntold ? [...new Set(capabilities.flatMap(({ asks }) => asks?.[type] ?? []))] : [];
    const known = {
      name: shopper?.name,
      email: shopper?.email,
      country: (shopper?.billing?.country ?? shopper?.shipping?.country)?.toUpperCase(),
    };
    const missing = asked.filter((fact) => !known[fact]);
    if (missing.length > 0) throw shopperUnknown(type, missing);
    const told: PayingAs = Object.fromEntries(asked.map((fact) => [fact, known[fact]!]));
    const { ip, userAgent } = from;
    if (ip && userAgent && capabilities.some(({ mandates }) => mandates?.includes(type)))
      told.agreedFrom = { ip, userAgent: userAgent.slice(0, 500) };
    return Object.keys(told).length > 0 ? told : null;
  }

  has(provider: string): boolean {
    return this.gateways.some((candidate) => candidate.provider === provider);
  }

  /**
   * Runs one call about an account.
   * @throws AppError conflict `payments.provider-not-offered`; Error inside a transaction; whatever the gateway throws;
   *   TimeoutError after its deadline
   */
  async call<T>(
    account: GatewayAccount,
    work: (gateway: PaymentGateway, signal: AbortSignal) => Promise<T>,
    /** Milliseconds; default those of the gateway. Reports take longer than payments. */
    within?: number,
  ): Promise<T> {
    if (maybeContext()?.transaction) throw new Error('A gateway must not be called inside a transaction.');
    const gateway = this.of(account.provider);
    if (gateway.reaches?.(account) === false) throw providerNotOffered(account.provider);
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new DOMException('The gateway did not answer in time.', 'TimeoutError')),
      within ?? gateway.capabilities().callTimeoutMs,
    );
    try {
      const answer = await runInContext({ tenantId: account.tenantId, principal: SYSTEM, idempotency: undefined }, () =>
        Promise.race([work(gateway, deadline.signal), aborted(deadline.signal)]),
      );
      this.health.note(account, (answer as Partial<GatewayOutcome> | undefined)?.status !== 'unresolved');
      return answer;
    } catch (error) {
      // A refusal is an answer.
      this.health.note(account, error instanceof AppError && error.kind !== 'unavailable');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** As `call`, for outcomes of payments: no answer and unreadable answers become `unresolved`. */
  async outcome(
    account: GatewayAccount,
    attemptId: string,
    work: (gateway: PaymentGateway, signal: AbortSignal) => Promise<GatewayOutcome>,
  ): Promise<GatewayOutcome> {
    if (maybeContext()?.transaction) throw new Error('A gateway must not be called inside a transaction.');
    try {
      return await this.call(account, work);
    } catch (error) {
      const { name = 'Error', message = String(error) } = error as Partial<Error>;
      const reason = `${name}: ${message}`.slice(0, 200);
      logger.warn({ attemptId, provider: account.provider, reason }, 'payment gateway gave no readable answer');
      return { status: 'unresolved', reason };
    }
  }
}

/** Rejects when the signal fires; a gateway that ignores its signal cannot hold the caller. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
