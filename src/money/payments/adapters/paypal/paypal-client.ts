import type { OrdersController, PaymentsController, VaultController } from '@paypal/paypal-server-sdk';
import { USUAL_ADDRESS } from '../../../../kernel/config/config';
import type { GatewayAccount } from '../../domain/payment-gateway';
import { providerNotOffered } from '../../domain/payments.errors';

export interface PayPalApi {
  orders: OrdersController;
  payments: PaymentsController;
  vault: VaultController;
}

/**
 * Origin of PayPal's API for an account.
 * @param apiBase null: PayPal is not asked, but at the address of an account
 * @throws AppError conflict `payments.provider-not-offered`
 */
export function originOf(account: GatewayAccount, apiBase: string | null): string {
  const base = account.apiBase ?? apiBase;
  if (base === null) throw providerNotOffered('paypal');
  if (base !== USUAL_ADDRESS) return base;
  return account.testMode ? 'https://api-m.sandbox.paypal.com' : 'https://api-m.paypal.com';
}

/** Clients of PayPal's server SDK, one an account and its credentials; the SDK is loaded with the first. */
export class PayPalClients {
  private readonly clients = new Map<string, { key: string; api: PayPalApi }>();

  constructor(
    private readonly apiBase: string | null,
    private readonly timeoutMs: number,
  ) {}

  async of(account: GatewayAccount): Promise<PayPalApi> {
    const { clientId = '', clientSecret = '' } = account.secrets.credentials ?? {};
    const origin = originOf(account, this.apiBase);
    const key = `${origin} ${clientId} ${clientSecret}`;
    const known = this.clients.get(account.id);
    if (known?.key === key) return known.api;
    const { Client, Environment, OrdersController, PaymentsController, VaultController } =
      await import('@paypal/paypal-server-sdk');
    /** The SDK knows two addresses of its own and takes no other: each request is sent on as it leaves. */
    class ClientElsewhere extends Client {
      override getRequestBuilderFactory(): ReturnType<typeof Client.prototype.getRequestBuilderFactory> {
        const factory = super.getRequestBuilderFactory();
        return (...args) => {
          const builder = factory(...args);
          builder.interceptRequest((request) => {
            const { pathname, search } = new URL(request.url);
            return { ...request, url: `${origin}${pathname}${search}` };
          });
          return builder;
        };
      }
    }
    const client = new ClientElsewhere({
      environment: account.testMode ? Environment.Sandbox : Environment.Production,
      clientCredentialsAuthCredentials: { oAuthClientId: clientId, oAuthClientSecret: clientSecret },
      timeout: this.timeoutMs,
      httpClientOptions: { retryConfig: { maxNumberOfRetries: 0 } },
    });
    // The types of the ES module are not those of the CommonJS one, although they are the same classes.
    const api = {
      orders: new OrdersController(client),
      payments: new PaymentsController(client),
      vault: new VaultController(client),
    } as unknown as PayPalApi;
    if (this.clients.size >= 1_000) this.clients.clear();
    this.clients.set(account.id, { key, api });
    return api;
  }
}
