import { GUEST, SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { StripeDouble, type StripeEvent } from '../doubles/stripe-double';
import { asTenant } from '../support/app';
import { PaymentDesk } from '../support/payment-desk';

const SHOPPER = {
  email: 'kim@example.com',
  name: 'Kim Peeters',
  shipping: { line1: 'Meir 1', city: 'Antwerpen', postalCode: '2000', country: 'be' },
};
const PAGES = ['ideal', 'bancontact', 'klarna', 'eps', 'p24'];
const BROWSER = { ip: '203.0.113.9', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' };

/** Wallets and local methods, each from the choice to the money and back, with Stripe's own client against a double. */
describe('wallets and local methods', () => {
  const double = new StripeDouble();
  let desk: PaymentDesk;

  beforeAll(async () => {
    const base = await double.listen();
    desk = await PaymentDesk.start({ MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' });
    await desk.stripe(base);
  }, 120_000);

  afterAll(async () => {
    clock.setOffset(0);
    await desk.app.close();
    await double.close();
    expect(double.publishedFaults()).toEqual([]);
  });

  const theirs = (attemptId: string) =>
    [...double.books.payments.values()].find(({ metadata }) => metadata.attempt_id === attemptId)!;
  const told = (id: string): StripeEvent[] =>
    double.events.filter(({ data: { object } }) => object.id === id || object.payment_intent === id);
  /** From the browser of a guest. */
  const asGuest = async <T>(work: () => Promise<T>): Promise<T> => {
    desk.principal = { ...GUEST, tenantId: desk.tenant };
    try {
      return await runInContext(BROWSER, work);
    } finally {
      desk.principal = SYSTEM;
    }
  };
  const pay = (type: string, token = 'new', more: object = {}) =>
    asGuest(() => desk.pay({ type, token }, { shopper: SHOPPER, ...more }));
  const asked = (attemptId: string) => double.asked(attemptId)!;
  const page = async (id: string, word: 'approve' | 'decline') => {
    const { nextAction } = await desk.payment(id);
    await fetch(`${nextAction!.url}/${word}`, { method: 'POST', redirect: 'manual' });
  };
  const back = (id: string) => asTenant(null as never, () => desk.commands.execute(new CompleteReturnCommand(id)));
  /** The last first, each twice. */
  const hear = async (id: string) => {
    for (const event of told(id).reverse()) for (const _time of [1, 2]) await desk.receive(event);
    await desk.work();
  };
  /** What we say of a payment is what Stripe says, to the cent. */
  const expectAgreed = async (id: string, attemptId: string) => {
    const payment = await desk.payment(id);
    const charge = theirs(attemptId).latest_charge as { amount_captured: number; amount_refunded: number } | null;
    expect([payment.captured.amount, payment.refunded.amount]).toEqual([
      charge?.amount_captured ?? 0,
      charge?.amount_refunded ?? 0,
    ]);
  };
  const payingAs = async (attemptId: string) =>
    (
      await desk.rows<{ paying_as: object | null }>('select paying_as from payments.attempts where id = $1', [
        attemptId,
      ])
    )[0].paying_as;

  it.each(PAGES)('%s: goes to its page, is paid by return and webhooks, and is given back', async (type) => {
    const { id, attemptId, outcome } = await pay(type);
    expect(outcome).toMatchObject({ status: 'requires_action' });
    await page(id, 'approve');
    await Promise.all([back(id), hear(theirs(attemptId).id)]);
    expect(await desk.payment(id)).toMatchObject({
      status: 'succeeded',
      captured: { amount: 2_500, currency: 'EUR' },
      attempts: [{ state: 'charged', method: type }],
    });
    await desk.within(() =>
      desk.commands.execute(
        new RequestRefundCommand({ paymentId: id, amount: { amount: 1_000, currency: 'EUR' }, reason: 'return' }),
      ),
    );
    await desk.work();
    expect(await desk.payment(id)).toMatchObject({ refunded: { amount: 1_000 } });
    await expectAgreed(id, attemptId);
  });

  it.each(PAGES)('%s: refused at its page, is paid by a card on the same order', async (type) => {
    const payable = { type: 'order' as const, id: newId() };
    const first = await pay(type, 'new', { payable });
    await page(first.id, 'decline');
    await hear(theirs(first.attemptId).id);
    expect(await desk.payment(first.id)).toMatchObject({ status: 'requires_payment_method' });
    const second = await pay('card', 'pm_card_visa', { payable });
    expect(second.id).toBe(first.id);
    expect(await desk.payment(first.id)).toMatchObject({
      status: 'succeeded',
      attempts: [
        { state: 'failed', method: type },
        { state: 'charged', method: 'card' },
      ],
    });
    await expectAgreed(first.id, second.attemptId);
  });

  it.each(['apple_pay', 'google_pay'])('%s: is a card to Stripe, reserved and captured in part', async (type) => {
    const { id, attemptId } = await pay(type, 'pm_card_visa', { capture: 'manual' });
    expect(await desk.payment(id)).toMatchObject({ status: 'requires_capture', attempts: [{ method: type }] });
    await desk.here(() => desk.commands.execute(new CapturePaymentCommand({ paymentId: id, amount: 2_000 })));
    await hear(theirs(attemptId).id);
    expect(await desk.payment(id)).toMatchObject({ status: 'partially_captured', captured: { amount: 2_000 } });
    await expectAgreed(id, attemptId);
    const challenged = await pay(type, 'pm_card_threeDSecure2Required');
    expect(challenged.outcome).toMatchObject({ status: 'requires_action' });
    await page(challenged.id, 'approve');
    expect(await back(challenged.id)).toMatchObject({ status: 'succeeded' });
  });

  it('tells the provider what a method cannot do without, no more, and forgets it with the try', async () => {
    const klarna = await pay('klarna');
    const form = asked(klarna.attemptId);
    expect([...form].filter(([name]) => name.startsWith('payment_method_data['))).toEqual([
      ['payment_method_data[type]', 'klarna'],
      ['payment_method_data[billing_details][email]', 'kim@example.com'],
      ['payment_method_data[billing_details][address][country]', 'BE'],
    ]);
    expect(await payingAs(klarna.attemptId)).toBeNull();
    const begun = await asGuest(() => desk.begin({ type: 'klarna', token: 'new' }, { shopper: SHOPPER }));
    expect(await payingAs(begun.attemptId)).toEqual({ email: 'kim@example.com', country: 'BE' });
    const ideal = await pay('ideal');
    expect([...asked(ideal.attemptId).keys()].filter((name) => name.includes('billing_details'))).toEqual([]);
    for (const [type, shopper, missing] of [
      ['klarna', { ...SHOPPER, email: null, shipping: null }, 'email, country'],
      ['bancontact', undefined, 'name'],
    ] as const)
      await expect(pay(type, 'new', { shopper })).rejects.toMatchObject({
        code: 'payments.shopper-unknown',
        message: expect.stringContaining(missing) as string,
      });
  });

  it('debits an account by a mandate, of which Stripe is told whence it was given, and hears days later', async () => {
    const paid = await pay('sepa_debit', 'pm_sepaDebit');
    const form = asked(paid.attemptId);
    expect(form.get('mandate_data[customer_acceptance][online][ip_address]')).toBe(BROWSER.ip);
    expect(form.get('mandate_data[customer_acceptance][online][user_agent]')).toBe(BROWSER.userAgent);
    expect(await desk.payment(paid.id)).toMatchObject({ status: 'processing' });
    double.books.charge(theirs(paid.attemptId));
    await hear(theirs(paid.attemptId).id);
    expect(await desk.payment(paid.id)).toMatchObject({ status: 'succeeded' });
    await expectAgreed(paid.id, paid.attemptId);
    // Whoever sells by telephone agrees to no mandate.
    const bounced = await desk.pay({ type: 'sepa_debit', token: 'pm_sepaDebit' }, { shopper: SHOPPER });
    expect(asked(bounced.attemptId).get('mandate_data[customer_acceptance][type]')).toBe('offline');
    double.books.decline(theirs(bounced.attemptId), 'insufficient_funds');
    await hear(theirs(bounced.attemptId).id);
    expect(await desk.payment(bounced.id)).toMatchObject({
      status: 'requires_payment_method',
      error: { code: 'insufficient_funds' },
    });
    await expectAgreed(bounced.id, bounced.attemptId);
  });

  it('asks again with the very same words after a crash', async () => {
    const opened = await asGuest(() => desk.begin({ type: 'bancontact', token: 'new' }, { shopper: SHOPPER }));
    await desk.contact(opened);
    // Whoever takes over knows the try by its row alone; Stripe refuses other words under the same key.
    const again = await desk.contact(opened, false);
    expect(again).toMatchObject({ status: 'requires_action' });
    expect(double.refused).toEqual([]);
  });
});
