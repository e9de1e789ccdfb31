import { QueryBus } from '@nestjs/cqrs';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { newId } from '../../src/kernel/ids/ids';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ChooseDefaultMethodCommand, RemoveMethodCommand } from '../../src/money/payments/commands/manage-methods';
import { SaveMethodCommand } from '../../src/money/payments/commands/save-method';
import { CompleteSetupCommand } from '../../src/money/payments/commands/settle-setup';
import { VoidIntentCommand } from '../../src/money/payments/contracts/void-intent';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { PaymentPageQuery } from '../../src/money/payments/queries/payment-page';
import { OwnMethodsQuery } from '../../src/money/payments/queries/saved-methods';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { PayPalDouble } from '../doubles/paypal-double';
import { StripeDouble } from '../doubles/stripe-double';
import { asTenant } from '../support/app';
import { PaymentDesk } from '../support/payment-desk';

const CONSENT = 'I let this shop keep my card and charge it for my orders.';
const ORDER = { amount: { amount: 2_500, currency: 'EUR' } };

describe('ways to pay that are kept', () => {
  const double = new StripeDouble();
  let desk: PaymentDesk;
  let user: Principal;

  beforeAll(async () => {
    const base = await double.listen();
    desk = await PaymentDesk.start({ MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' });
    await desk.stripe(base);
  }, 120_000);

  beforeEach(() => {
    user = { ...GUEST, kind: 'user', userId: newId(), tenantId: desk.tenant };
  });

  afterAll(async () => {
    clock.setOffset(0);
    await desk.app.close();
    await double.close();
    expect(double.refused).toEqual([]);
    expect(double.publishedFaults()).toEqual([]);
  });

  const as = <T>(work: () => Promise<T>, who: Principal = user) => asTenant(desk.tenant, work, who);
  const save = (token: string, type = 'card', who = user) =>
    as(
      () =>
        desk.commands.execute(new SaveMethodCommand({ method: { type, token }, gatewayId: null, consent: CONSENT })),
      who,
    );
  const list = async () => (await as(() => desk.app.get(QueryBus).execute(new OwnMethodsQuery()))).data;
  const pay = async (token: string, who: Principal, userId: string | null = user.userId) => {
    const opened = await as(
      () =>
        desk.app.get(UnitOfWork).run(() =>
          desk.commands.execute(
            new OpenIntentCommand({
              ...ORDER,
              payable: { type: 'order', id: newId() },
              method: { type: 'saved', token },
              shopper: { userId, email: 'kim@example.com' },
            }),
          ),
        ),
      who,
    );
    const outcome = await desk.contact(opened);
    return { id: opened.intentId, attemptId: opened.attemptId, facts: await desk.record(outcome) };
  };
  const STAFF = (): Principal => ({ ...SYSTEM, kind: 'user', userId: newId(), tenantId: desk.tenant });

  it('keeps a card at the provider with its consent, the first as the default, and forgets it', async () => {
    const [first, second] = [await save('pm_card_visa'), await save('pm_card_mastercard')];
    expect(first).toMatchObject({
      status: 'active',
      isDefault: true,
      consent: CONSENT,
      card: { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2099 },
    });
    expect(second).toMatchObject({ status: 'active', isDefault: false });
    expect(double.books.wallet.customers.size).toBe(1);
    const choose = (id: string) => as(() => desk.commands.execute(new ChooseDefaultMethodCommand(id)));
    await Promise.all([choose(second.id), choose(first.id), choose(second.id)]);
    expect((await list()).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    await choose(second.id);
    await as(() => desk.commands.execute(new RemoveMethodCommand(second.id)));
    expect((await list()).map(({ id, isDefault }) => [id, isDefault])).toEqual([[first.id, true]]);
    expect(await desk.work()).toContain('payments.forget-method');
    expect([...double.books.wallet.kept.values()].map(({ customer }) => customer !== null)).toEqual([true, false]);
    // Another person of the same shop sees, changes and uses none of it.
    const other = { ...user, userId: newId() };
    for (const act of [new RemoveMethodCommand(first.id), new ChooseDefaultMethodCommand(first.id)])
      await expect(as(() => desk.commands.execute(act as never), other)).rejects.toMatchObject({
        code: 'payments.method-not-found',
      });
    await expect(pay(first.id, other)).rejects.toMatchObject({ code: 'payments.method-not-found' });
    await expect(pay(first.id, STAFF(), other.userId)).rejects.toMatchObject({ code: 'payments.method-not-found' });
    await expect(pay(second.id, user)).rejects.toMatchObject({ code: 'payments.method-not-found' });
  });

  it('goes by the bank’s page, by the webhook, or is given up; what is declined is not kept', async () => {
    const [asked, told, left] = [
      await save('pm_card_threeDSecure2Required'),
      await save('pm_card_threeDSecure2Required'),
      await save('pm_card_threeDSecure2Required'),
    ];
    expect(asked).toMatchObject({ status: 'requires_action' });
    const answer = (url: string, word: string) => fetch(`${url}/${word}`, { method: 'POST', redirect: 'manual' });
    const back = await answer(asked.nextAction!.url, 'approve');
    expect(back.headers.get('location')).toContain(`/api/v1/payment-methods/${asked.id}/return`);
    const complete = (id: string) => asTenant(null as never, () => desk.commands.execute(new CompleteSetupCommand(id)));
    expect(await complete(asked.id)).toMatchObject({ state: 'active' });
    await answer(told.nextAction!.url, 'decline');
    const event = double.events.at(-1)!;
    expect(event.type).toBe('setup_intent.setup_failed');
    await desk.receive(event);
    await desk.work();
    clock.setOffset(90_000);
    try {
      for (let step = 0; step < 3; step++) await desk.app.get(DeliveryWorker).drain();
    } finally {
      clock.setOffset(0);
    }
    await desk.work();
    const states = (await list()).map(({ id, status, error }) => [id, status, error?.code ?? null]);
    expect(states).toEqual([
      [asked.id, 'active', null],
      [left.id, 'failed', 'abandoned'],
      [told.id, 'failed', 'authentication_required'],
    ]);
    // Taken away before the bank's page was answered: what Stripe keeps then it forgets.
    const dropped = await save('pm_card_threeDSecure2Required');
    await as(() => desk.commands.execute(new RemoveMethodCommand(dropped.id)));
    await answer(dropped.nextAction!.url, 'approve');
    const attached = () => [...double.books.wallet.kept.values()].filter(({ customer }) => customer !== null).length;
    const before = attached();
    await desk.receive(double.events.at(-1)!);
    await desk.work();
    expect(attached()).toBe(before - 1);
    expect(await save('pm_card_chargeDeclined')).toMatchObject({
      status: 'failed',
      error: { code: 'generic_decline' },
    });
    expect(await save('tok_of_nobody')).toMatchObject({ status: 'failed', error: { code: 'resource_missing' } });
    await expect(save('4242424242424242')).rejects.toMatchObject({ code: 'payments.card-number-refused' });
    await expect(save('pm_x', 'ideal')).rejects.toMatchObject({ code: 'payments.method-not-kept' });
  });

  it('lets nobody try cards without end', async () => {
    const tries = [];
    for (let at = 0; at < 16; at++)
      tries.push(await save('declined', 'card').catch((error: { code: string }) => error));
    expect(tries.at(-1)).toMatchObject({ code: 'payments.too-many-methods' });
    expect(tries.filter((one) => 'consent' in one)).toHaveLength(15);
  });

  it('charges with the shopper, without them, and calls them where the bank wants to hear them', async () => {
    const [plain, shy] = [await save('pm_card_visa'), await save('pm_card_authenticationRequired')];
    const own = await pay(plain.id, user);
    expect(own.facts.status).toBe('succeeded');
    const staff = STAFF();
    const away = await pay(plain.id, staff);
    expect(away.facts.status).toBe('succeeded');
    const theirs = (attemptId: string) =>
      [...double.books.payments.values()].filter(({ metadata }) => metadata.attempt_id === attemptId);
    expect(theirs(away.attemptId)).toMatchObject([{ customer: [...double.books.wallet.customers.keys()].at(-1) }]);

    const called = await pay(shy.id, staff);
    expect(called.facts).toMatchObject({ status: 'requires_action' });
    const [{ payload }] = await desk.rows<{ payload: object }>(
      `select payload from kernel.events where aggregate_id = $1 and type = 'payments.shopper-needed.v1'`,
      [called.id],
    );
    expect(payload).toMatchObject({ email: 'kim@example.com', amount: ORDER.amount });
    // The link of the mail, as anybody's browser follows it.
    const page = await asTenant(null as never, () => desk.app.get(QueryBus).execute(new PaymentPageQuery(called.id)));
    await fetch(`${page.url}/approve`, { method: 'POST', redirect: 'manual' });
    await desk.settle(called.attemptId);
    expect(await desk.payment(called.id)).toMatchObject({ status: 'succeeded' });
    expect(theirs(called.attemptId)).toHaveLength(1);
    // With the shopper there, nobody is called.
    const there = await pay(shy.id, user);
    expect(there.facts.status).toBe('requires_action');
    const told = await desk.rows(
      `select 1 from kernel.events where aggregate_id = $1 and type like '%shopper-needed%'`,
      [there.id],
    );
    expect(told).toEqual([]);
  });
});

describe('PayPal accounts that are kept', () => {
  const double = new PayPalDouble();
  let desk: PaymentDesk;
  let user: Principal;

  beforeAll(async () => {
    const base = await double.listen();
    desk = await PaymentDesk.start({ PAYPAL_API_BASE: base, MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' });
    const credentials = { clientId: 'client-of-the-double', clientSecret: 'secret-of-the-double' };
    await desk.here(() =>
      desk.commands.execute(new OpenGatewayCommand({ provider: 'paypal', credentials, testMode: true })),
    );
    user = { ...GUEST, kind: 'user', userId: newId(), tenantId: desk.tenant };
  }, 120_000);

  afterAll(async () => {
    await desk.app.close();
    await double.close();
    expect(double.refused).toEqual([]);
  });

  const as = <T>(work: () => Promise<T>, who: Principal = user) => asTenant(desk.tenant, work, who);
  const save = async () => {
    const request = { method: { type: 'paypal', token: 'new' }, gatewayId: null, consent: CONSENT };
    const asked = await as(() => desk.commands.execute(new SaveMethodCommand(request)));
    expect(asked).toMatchObject({ status: 'requires_action' });
    return asked;
  };
  const answer = (url: string, word: string) => fetch(`${url}/${word}`, { method: 'POST', redirect: 'manual' });
  const complete = (id: string) => asTenant(null as never, () => desk.commands.execute(new CompleteSetupCommand(id)));
  const kept = async (): Promise<string> => {
    const { id, nextAction } = await save();
    const back = await answer(nextAction!.url, 'approve');
    expect(back.headers.get('location')).toContain(`/api/v1/payment-methods/${id}/return`);
    await Promise.all([complete(id), complete(id)]);
    return id;
  };
  const open = (token: string, capture: 'automatic' | 'manual' = 'automatic', who: Principal = user) =>
    as(
      () =>
        desk.app.get(UnitOfWork).run(() =>
          desk.commands.execute(
            new OpenIntentCommand({
              ...ORDER,
              capture,
              payable: { type: 'order', id: newId() },
              method: { type: 'saved', token },
              shopper: { userId: user.userId, email: 'kim@example.com' },
            }),
          ),
        ),
      who,
    );
  const pay = async (...given: Parameters<typeof open>) => {
    const opened = await open(...given);
    return { id: opened.intentId, attemptId: opened.attemptId, facts: await desk.record(await desk.contact(opened)) };
  };
  const STAFF = (): Principal => ({ ...SYSTEM, kind: 'user', userId: newId(), tenantId: desk.tenant });
  const orders = (attemptId: string) =>
    [...double.orders.values()].filter(({ purchase_units: [unit] }) => unit.custom_id === attemptId);
  const captures = (attemptId: string) =>
    orders(attemptId).flatMap(({ purchase_units: [unit] }) => unit.payments.captures.map(({ amount }) => amount.value));
  const cardSaid = async (attemptId: string): Promise<unknown> => {
    const [row] = await desk.rows<{ card: unknown }>(
      `select payload -> 'card' as card from kernel.events where payload ->> 'attemptId' = $1
         and type in ('payments.payment-captured.v1', 'payments.payment-authorized.v1')`,
      [attemptId],
    );
    return row?.card;
  };

  it('go into the vault when the person agrees at PayPal, are known by their address, and are forgotten', async () => {
    const id = await kept();
    const shown = (await as(() => desk.app.get(QueryBus).execute(new OwnMethodsQuery()))).data;
    expect(shown).toMatchObject([{ id, status: 'active', isDefault: true, card: null, label: 'k…@example.com' }]);
    expect(double.wallets.size).toBe(1);
    const left = await save();
    await answer(left.nextAction!.url, 'leave');
    expect(await complete(left.id)).toMatchObject({ state: 'requires_action' });
    // PayPal forgot what nobody agreed to.
    double.setups.clear();
    expect(await complete(left.id)).toMatchObject({ state: 'failed' });
    await as(() => desk.commands.execute(new RemoveMethodCommand(id)));
    await desk.work();
    expect(double.wallets.size).toBe(0);
    // Taken away while PayPal was keeping it: PayPal forgets it as well, and nobody knows it by anything.
    const { id: late, nextAction } = await save();
    await answer(nextAction!.url, 'approve');
    double.meanwhile = async (pathname) => {
      if (!pathname.endsWith('/payment-tokens')) return;
      double.meanwhile = null;
      await as(() => desk.commands.execute(new RemoveMethodCommand(late)));
    };
    expect(await complete(late)).toMatchObject({ state: 'removed' });
    expect(double.wallets.size).toBe(1);
    expect(await desk.work()).toContain('payments.forget-method');
    expect(double.wallets.size).toBe(0);
    const known = `select label, brand, last4, exp_month, exp_year from payments.saved_methods where state = 'removed'`;
    const nothing = { label: null, brand: null, last4: null, exp_month: null, exp_year: null };
    expect(await desk.rows(known)).toEqual([nothing, nothing]);
  });

  it('are charged with the person and without, once although answers are lost, and never for nothing', async () => {
    const id = await kept();
    const own = await pay(id);
    expect(own.facts.status).toBe('succeeded');
    expect(await cardSaid(own.attemptId)).toEqual({
      fingerprint: 'paypal:PAYER2222222',
      country: 'NL',
      funding: 'wallet',
      avs: null,
      cvc: null,
    });
    const away = await pay(id, 'automatic', STAFF());
    expect([away.facts.status, captures(away.attemptId)]).toEqual(['succeeded', ['25.00']]);
    const reserved = await pay(id, 'manual', STAFF());
    expect(reserved.facts.status).toBe('requires_capture');

    double.loseNext = true;
    const lost = await pay(id, 'automatic', STAFF());
    expect(lost.facts.status).toBe('processing');
    await desk.settle(lost.attemptId);
    expect([(await desk.payment(lost.id)).status, captures(lost.attemptId)]).toEqual(['succeeded', ['25.00']]);

    // The answer was lost, nobody learnt the order's id, and the payment is given up: the money is let go.
    double.loseNext = true;
    const died = await open(id, 'automatic', STAFF());
    await desk.contact(died);
    const { payable } = await desk.payment(died.intentId);
    await desk.within(() =>
      desk.commands.execute(new VoidIntentCommand({ payable: payable as never, reason: 'test' })),
    );
    await desk.settle(died.attemptId);
    await desk.work();
    const [order] = orders(died.attemptId);
    expect(order.purchase_units[0].payments.refunds.map(({ amount }) => amount.value)).toEqual(['25.00']);

    // Nobody ever asked PayPal: asking now takes nothing.
    const never = await open(id);
    await desk.settle(never.attemptId);
    expect([(await desk.payment(never.intentId)).status, captures(never.attemptId)]).toEqual([
      'requires_payment_method',
      [],
    ]);
  });

  it('are never told to be unpaid because a look at PayPal failed', async () => {
    const id = await kept();
    double.refuseLook = 429;
    const taken = await pay(id);
    expect([taken.facts.status, captures(taken.attemptId)]).toEqual(['succeeded', ['25.00']]);
    // Here only a look tells: until one succeeds nothing is said.
    double.askNext = true;
    double.refuseLook = 401;
    const unseen = await pay(id, 'automatic', STAFF());
    expect([unseen.facts.status, double.refuseLook]).toEqual(['processing', null]);
    await desk.settle(unseen.attemptId);
    expect((await desk.payment(unseen.id)).status).toBe('requires_action');
  });

  it('ask the person where PayPal wants to hear them, and are declined with its reason', async () => {
    const id = await kept();
    double.askNext = true;
    const asked = await pay(id, 'automatic', STAFF());
    expect(asked.facts).toMatchObject({ status: 'requires_action' });
    const told = await desk.rows(
      `select 1 from kernel.events where aggregate_id = $1 and type = 'payments.shopper-needed.v1'`,
      [asked.id],
    );
    expect(told).toHaveLength(1);
    const page = await asTenant(null as never, () => desk.app.get(QueryBus).execute(new PaymentPageQuery(asked.id)));
    await answer(page.url!, 'approve');
    await desk.settle(asked.attemptId);
    expect([(await desk.payment(asked.id)).status, captures(asked.attemptId)]).toEqual(['succeeded', ['25.00']]);
    double.declineNext = 'INSTRUMENT_DECLINED';
    const declined = await pay(id);
    expect(declined.facts).toMatchObject({ status: 'requires_payment_method', error: { code: 'instrument_declined' } });
    // Taken back at PayPal's own pages.
    double.wallets.clear();
    expect((await pay(id)).facts).toMatchObject({ error: { code: 'token_id_not_found' } });
  });

  it('tell of cards what PayPal tells of them', async () => {
    const source = {
      card: {
        last_digits: '1111',
        brand: 'VISA',
        type: 'CREDIT',
        expiry: '2031-02',
        name: 'Kim Kay',
        bin_details: { bin_country_code: 'DE' },
      },
    };
    double.cardNext = { source, processor: { avs_code: 'N', cvv_code: 'M' } };
    const { attemptId } = await pay(await kept());
    expect(await cardSaid(attemptId)).toEqual({
      fingerprint: expect.stringMatching(/^paypal:[\w-]{22}$/),
      country: 'DE',
      funding: 'credit',
      avs: 'fail',
      cvc: 'pass',
    });
  });
});
