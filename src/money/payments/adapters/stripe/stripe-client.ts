import type Stripe from 'stripe';
import type { GatewayAccount } from '../../domain/payment-gateway';
import { providerNotOffered } from '../../domain/payments.errors';

type StripeConstructor = new (key: string, config: Stripe.StripeConfig) => Stripe;

/** Clients of Stripe's SDK, one an account and key; the SDK is loaded with the first. */
export class StripeClients {
  private readonly clients = new Map<string, { key: string; client: Stripe }>();

  constructor(
    /** Null: Stripe is not asked, but at the address of an account. */
    private readonly apiBase: string | null,
    private readonly timeoutMs: number,
  ) {}

  /** @throws AppError conflict `payments.provider-not-offered` */
  async of(account: GatewayAccount): Promise<Stripe> {
    const key = account.secrets.credentials?.secretKey ?? '';
    const base = account.apiBase ?? this.apiBase;
    if (base === null) throw providerNotOffered('stripe');
    const known = this.clients.get(account.id);
    if (known?.key === `${base} ${key}`) return known.client;
    // The types of the ES module are not those of the CommonJS one, although it is the same class.
    const { default: StripeClient } = (await import('stripe')) as unknown as { default: StripeConstructor };
    const { hostname, port, protocol } = new URL(base);
    const client = new StripeClient(key, {
      host: hostname,
      ...(port ? { port } : {}),
      protocol: protocol === 'http:' ? 'http' : 'https',
      timeout: this.timeoutMs,
      // Tries are counted by the gateway, which must know whether every one of them surely charged nothing.
      maxNetworkRetries: 0,
      telemetry: false,
    });
    if (this.clients.size >= 1_000) this.clients.clear();
    this.clients.set(account.id, { key: `${base} ${key}`, client });
    return client;
  }
}
