import { Cache } from '../../../../kernel/cache/cache';
import type { GatewayAccount } from '../../domain/payment-gateway';
import { originOf } from './paypal-client';

/** PayPal answered with an error; `issue` is its word. */
export class PayPalRefusal extends Error {
  constructor(
    readonly status: number,
    readonly issue: string,
  ) {
    super(`PayPal answered ${status}: ${issue}`);
  }
}

/** Calls of PayPal's API that its server SDK lacks: disputes. One token an account, for as long as PayPal gives it. */
export class PayPalRest {
  private readonly tokens = new Cache<string>({ name: 'payments.paypal-tokens', max: 1_000, ttlMs: 600_000 });

  constructor(private readonly apiBase: string | null) {}

  /**
   * @param body JSON of members, or a form whose parts are sent as they are
   * @throws PayPalRefusal where PayPal says no; what `fetch` throws where it says nothing
   */
  async call<T>(
    account: GatewayAccount,
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: object | FormData,
    requestId?: string,
  ): Promise<T> {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${originOf(account, this.apiBase)}${path}`, {
      method,
      signal,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${await this.token(account, signal)}`,
        ...(body && !isForm ? { 'content-type': 'application/json' } : {}),
        ...(requestId ? { 'paypal-request-id': requestId } : {}),
      },
      body: isForm ? body : body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return (text ? JSON.parse(text) : {}) as T;
    if (answer.status === 401) this.tokens.delete(keyOf(account));
    throw new PayPalRefusal(answer.status, issueIn(text));
  }

  private async token(account: GatewayAccount, signal: AbortSignal): Promise<string> {
    const known = this.tokens.get(keyOf(account));
    if (known) return known;
    const { clientId = '', clientSecret = '' } = account.secrets.credentials ?? {};
    const answer = await fetch(`${originOf(account, this.apiBase)}/v1/oauth2/token`, {
      method: 'POST',
      signal,
      redirect: 'error',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    if (!answer.ok) throw new PayPalRefusal(answer.status, 'authentication_failure');
    const { access_token: token } = (await answer.json()) as { access_token: string };
    this.tokens.set(keyOf(account), token);
    return token;
  }
}

const keyOf = ({ id, secrets }: GatewayAccount): string => `${id} ${secrets.credentials?.clientSecret ?? ''}`;

function issueIn(text: string): string {
  try {
    const { name, details } = JSON.parse(text) as { name?: string; details?: { issue?: string }[] };
    return (details?.[0]?.issue ?? name ?? 'refused').toLowerCase();
  } catch {
    return 'refused';
  }
}
