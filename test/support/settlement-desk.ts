import { QueryBus } from '@nestjs/cqrs';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { FilesModule } from '../../src/engagement/files/files.module';
import { clock } from '../../src/kernel/clock/clock';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ProcessProviderEventCommand } from '../../src/money/payments/commands/process-provider-event';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { FindDisputeQuery, ListDisputesQuery, type DisputeDetails } from '../../src/money/payments/queries/disputes';
import { PayPalDouble } from '../doubles/paypal-double';
import { StripeDouble } from '../doubles/stripe-double';
import { OrderDesk } from './order-desk';

const SECRET = 'whsec_ofTheDoubleOnLoopback';
const WEBHOOK = 'WH0123456789';

/** Orders, payments and books with doubles of the providers, a pair of its own for each shop where that is asked for. */
export class SettlementDesk {
  gateways = { stripe: '', paypal: '' };

  private constructor(
    readonly desk: OrderDesk,
    public stripe: StripeDouble,
    public paypal: PayPalDouble,
  ) {}

  static async start(): Promise<SettlementDesk> {
    const [stripe, paypal] = [new StripeDouble(), new PayPalDouble()];
    const [stripeBase, paypalBase] = [await stripe.listen(), await paypal.listen()];
    const env = { STRIPE_API_BASE: stripeBase, PAYPAL_API_BASE: paypalBase, MAINSTAY_GATEWAY_TIMEOUT_MS: '5000' };
    return new SettlementDesk(await OrderDesk.start(env, [LedgerModule, FilesModule]), stripe, paypal);
  }

  /** Ends it. @throws where a double refused a request, or Stripe's description has something against one */
  async stop(): Promise<void> {
    await this.desk.app.close();
    await Promise.all([this.stripe.close(), this.paypal.close()]);
    expect([...this.stripe.refused, ...this.paypal.refused, ...this.stripe.publishedFaults()]).toEqual([]);
  }

  /** A shop of its own with an account at each provider. */
  async open(): Promise<void> {
    this.desk.open();
    this.gateways = {
      stripe: await this.openAccount('stripe'),
      paypal: await this.openAccount('paypal'),
    };
  }

  /** A shop of its own at providers of its own, whose whole books are those of the shop. */
  async alone(work: (own: { stripe: StripeDouble; paypal: PayPalDouble }) => Promise<void>): Promise<void> {
    this.desk.open();
    const [stripe, paypal] = [new StripeDouble(), new PayPalDouble()];
    const shared = { stripe: this.stripe, paypal: this.paypal };
    this.gateways = {
      stripe: await this.openAccount('stripe', await stripe.listen()),
      paypal: await this.openAccount('paypal', await paypal.listen()),
    };
    Object.assign(this, { stripe, paypal });
    try {
      await work({ stripe, paypal });
      expect([...stripe.refused, ...paypal.refused, ...stripe.publishedFaults()]).toEqual([]);
    } finally {
      Object.assign(this, shared);
      await Promise.all([stripe.close(), paypal.close()]);
    }
  }

  private openAccount(provider: 'stripe' | 'paypal', apiBase?: string): Promise<string> {
    const credentials = {
      stripe: { secretKey: `sk_test_${'k'.repeat(24)}`, webhookSecret: SECRET },
      paypal: { clientId: 'client-of-the-double', clientSecret: 'secret-of-the-double', webhookId: WEBHOOK },
    }[provider];
    return this.act(new OpenGatewayCommand({ provider, credentials: credentials as never, testMode: true, apiBase }));
  }

  act<T>(command: object): Promise<T> {
    return this.desk.asStaff(() => this.desk.commands.execute(command as never));
  }

  ask<T>(query: object): Promise<T> {
    return this.desk.asStaff(() => this.desk.app.get(QueryBus).execute(query as never));
  }

  /** The shop's one dispute. */
  async only(): Promise<DisputeDetails> {
    const { data } = await this.ask<{ data: { id: string }[] }>(new ListDisputesQuery({ limit: 5 } as never));
    expect(data).toHaveLength(1);
    return this.ask(new FindDisputeQuery(data[0].id));
  }

  /** What accounts of the books come to, but those at zero. */
  async balances(): Promise<Record<string, number>> {
    await this.desk.worker.drain();
    const { data } = await this.ask<{ data: { account: string; balance: { amount: number } }[] }>(
      new TrialBalanceQuery(clock.now()),
    );
    return Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]).filter(([, sum]) => sum));
  }

  /** Hands webhooks in, in this order, and works on what is stored. */
  async tell(events: readonly object[], provider: 'stripe' | 'paypal' = 'stripe'): Promise<void> {
    for (const event of events) {
      const { header, body } = StripeDouble.signed(event, SECRET, Math.floor(clock.nowMs() / 1000));
      const headers = provider === 'stripe' ? { 'stripe-signature': header } : this.paypal.signed(body, WEBHOOK);
      const raw = Buffer.from(body, 'utf8');
      const gatewayId = this.gateways[provider];
      await this.act(new ReceiveWebhookCommand({ provider, gatewayId, headers, body: raw }));
    }
    await this.work();
  }

  async work(): Promise<void> {
    const open = `select id from payments.provider_events where state = 'received' order by id`;
    for (const { id } of await this.desk.rows<{ id: string }>(open))
      await this.act(new ProcessProviderEventCommand(id));
    await this.desk.worker.drain();
  }

  async bought(type: string, token: string): Promise<{ order: OrderView; paymentId: string }> {
    await this.desk.product('LAMP', 4900, 5);
    return this.again(type, token);
  }

  /** One more of the same. */
  async again(type: string, token: string): Promise<{ order: OrderView; paymentId: string }> {
    const paymentMethod = { type, token };
    const cart = await this.desk.cart(['LAMP', 1]);
    const { order, payment } = await this.desk.checkout(cart, 'success', { paymentMethod });
    return { order, paymentId: payment!.id };
  }

  /** The shopper agrees at PayPal and comes back. @returns PayPal's order */
  async approved(paymentId: string): Promise<string> {
    const orderId = await this.providerIdOf(paymentId);
    this.paypal.approve(orderId);
    await this.desk.run(() => this.desk.commands.execute(new CompleteReturnCommand(paymentId)));
    return orderId;
  }

  async providerIdOf(paymentId: string): Promise<string> {
    const [{ id }] = await this.desk.rows<{ id: string }>(
      'select provider_payment_id as id from payments.attempts where intent_id = $1 order by id desc limit 1',
      [paymentId],
    );
    return id;
  }
}
