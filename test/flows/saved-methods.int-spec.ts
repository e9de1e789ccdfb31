import { X509Certificate } from 'node:crypto';
import { QueryBus } from '@nestjs/cqrs';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { newId } from '../../src/kernel/ids/ids';
import { ChooseDefaultMethodCommand, RemoveMethodCommand } from '../../src/money/payments/commands/manage-methods';
import { SaveMethodCommand } from '../../src/money/payments/commands/save-method';
import { CompleteSetupCommand } from '../../src/money/payments/commands/settle-setup';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { PaymentPageQuery } from '../../src/money/payments/queries/payment-page';
import { OwnMethodsQuery } from '../../src/money/payments/queries/saved-methods';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { SaveApplePayCommand, StartApplePaySessionCommand } from '../../src/money/payments/commands/apple-pay';
import { AssociationFileQuery, FindApplePayQuery } from '../../src/money/payments/queries/apple-pay';
import { ApplePayDouble, selfSigned } from '../doubles/apple-pay-double';
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
    desk = await PaymentDesk.start({ MAINSTAY_GATEWAY_TIMEOUT_MS: '5000' });
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

describe('Apple Pay', () => {
  const apple = new ApplePayDouble();
  const merchant = selfSigned('Apple Pay Merchant Identity:merchant.org.example');
  const SHOP = 'shop.example.org';
  let desk: PaymentDesk;

  beforeAll(async () => {
    const base = await apple.listen();
    apple.merchants.set(new X509Certificate(merchant.cert).fingerprint256, 'merchant.org.example');
    desk = await PaymentDesk.start(
      {
        APPLE_PAY_API_BASE: base,
        APPLE_PAY_CA: apple.identity.cert,
        MAINSTAY_CORS_ORIGINS: `https://${SHOP}`,
      },
      [OrganizationsModule],
    );
  }, 120_000);

  afterAll(async () => {
    await desk.app.close();
    await apple.close();
  });

  const save = (changes: SaveApplePayCommand['changes'], expected: number | null = null) =>
    desk.here(() => desk.commands.execute(new SaveApplePayCommand(changes, expected)));
  const start = (domain = SHOP, validationUrl = `${apple.url}/paymentservices/startSession`) =>
    desk.here(() => desk.commands.execute(new StartApplePaySessionCommand({ validationUrl, domain })));
  const shown = () => desk.here(() => desk.app.get(QueryBus).execute(new FindApplePayQuery()));
  const identity = (over: object = {}) => ({
    merchantIdentifier: 'merchant.org.example',
    displayName: 'Example',
    certificate: merchant.cert,
    privateKey: merchant.key,
    ...over,
  });

  it('keeps the identity sealed, tells apart what cannot be used, and serves the file', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'payments.apple-pay-not-set-up' });
    const other = selfSigned('another');
    const cases: [object, string][] = [
      [{ certificate: 'x' }, '/merchant/certificate'],
      [{ privateKey: 'x' }, '/merchant/privateKey'],
      [{ privateKey: other.key }, '/merchant/privateKey'],
    ];
    for (const [over, pointer] of cases) {
      const refusal = await save({ identity: identity(over) }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'payments.apple-pay-certificate-invalid',
        data: { errors: [{ pointer }] },
      });
    }
    await save({ association: 'file-of-apple' });
    await save({ identity: identity() }, 1);
    await expect(save({ association: null }, 1)).rejects.toMatchObject({ code: 'payments.apple-pay-changed' });
    expect(await shown()).toMatchObject({
      version: 2,
      association: true,
      merchant: { merchantIdentifier: 'merchant.org.example', displayName: 'Example' },
    });
    const [row] = await desk.rows<{ sealed_key: string }>('select * from payments.apple_pay');
    expect(JSON.stringify(row)).not.toContain('PRIVATE KEY');
    const file = () => desk.app.get(QueryBus).execute(new AssociationFileQuery());
    expect(await desk.here(file)).toBe('file-of-apple');
    for (const tenant of [newId(), null])
      await expect(asTenant(tenant as never, file)).rejects.toMatchObject({ code: 'payments.association-not-found' });
  });

  it('gets a session by mutual TLS for pages of the shop alone, and from nobody but Apple', async () => {
    expect(await start()).toMatchObject({ merchantSessionIdentifier: 'SSH1', domainName: SHOP });
    expect(apple.asked.at(-1)).toEqual({
      merchantIdentifier: 'merchant.org.example',
      displayName: 'Example',
      initiative: 'web',
      initiativeContext: SHOP,
    });
    const before = apple.asked.length;
    await expect(start('evil.example')).rejects.toMatchObject({ code: 'payments.domain-not-ours' });
    for (const url of ['https://169.254.169.254/paymentservices/startSession', `${apple.url}/other`])
      await expect(start(SHOP, url)).rejects.toMatchObject({ code: 'payments.validation-url-refused' });
    expect(apple.asked).toHaveLength(before);
    for (const [answer, code] of [
      ['redirect', 'payments.apple-pay-refused'],
      ['nonsense', 'payments.apple-pay-refused'],
      ['endless', 'payments.gateway-silent'],
    ] as const) {
      apple.answer = answer;
      await expect(start()).rejects.toMatchObject({ code });
    }
    apple.answer = 'session';
    const stranger = selfSigned('stranger');
    await save({ identity: identity({ certificate: stranger.cert, privateKey: stranger.key }) });
    await expect(start()).rejects.toMatchObject({ code: 'payments.apple-pay-refused' });
  });
});
