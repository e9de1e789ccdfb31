import dns from 'node:dns';
import { QueryBus } from '@nestjs/cqrs';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { GatewayDesk } from '../../src/money/payments/adapters/gateway-desk';
import { ReconcileCommand } from '../../src/money/payments/commands/reconcile';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { SaveRoutingCommand } from '../../src/money/payments/commands/save-routing';
import { GatewayAccounts } from '../../src/money/payments/data/gateway-accounts';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import { inOrderOf, type RoutingRule } from '../../src/money/payments/domain/routing';
import { FindGatewayQuery } from '../../src/money/payments/queries/list-gateways';
import { RoutePaymentQuery } from '../../src/money/payments/queries/routing';
import { SaveFraudSettingsCommand } from '../../src/money/fraud/commands/save-settings';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { StripeDouble } from '../doubles/stripe-double';
import { PaymentDesk } from '../support/payment-desk';

const FRAUD = {
  enabled: true,
  challengeAt: null,
  reviewAt: null,
  blockAt: null,
  reviewDueMinutes: 60,
  rejectAfterHours: 24,
};
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

describe('where payments go', () => {
  const first = new StripeDouble();
  const second = new StripeDouble();
  let desk: PaymentDesk;
  let a: string;
  let b: string;
  let nowhere: string;

  beforeAll(async () => {
    const bases = [await first.listen(), await second.listen()];
    desk = await PaymentDesk.start({ MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' });
    [a, b] = [await desk.stripe(bases[0]), await desk.stripe(bases[1])];
    nowhere = await desk.stripe(NOWHERE);
  }, 120_000);

  afterAll(async () => {
    await desk.app.close();
    await first.close();
    await second.close();
    expect([...first.refused, ...second.refused]).toEqual([]);
  });

  const rule = (gateways: [string, number][], more: Partial<RoutingRule> = {}): RoutingRule => ({
    name: null,
    methods: null,
    currencies: null,
    countries: null,
    minAmount: null,
    maxAmount: null,
    failover: false,
    ...more,
    gateways: gateways.map(([gatewayId, weight]) => ({ gatewayId, weight })),
  });
  const save = (rules: RoutingRule[], expected: number | null = null) =>
    desk.here(() => desk.commands.execute(new SaveRoutingCommand(rules, expected)));
  const tries = async (paymentId: string) =>
    (await desk.payment(paymentId)).attempts.map(({ gatewayId, state }) => [gatewayId, state]);
  const charged = (double: StripeDouble, orderId: string) =>
    [...double.books.payments.values()].filter(
      ({ metadata, status }) => metadata.order === orderId && status === 'succeeded',
    ).length;
  /** A payment whose gateway cannot be reached, with the next one ready. */
  const lost = (more: object = {}) => ({
    method: {
      type: 'card',
      token: 'pm_card_visa',
      gatewayId: nowhere,
      alternatives: [{ gatewayId: b, token: 'pm_card_visa' }],
    },
    order: newId(),
    ...more,
  });
  const begin = ({ method, order }: ReturnType<typeof lost>) => desk.begin(method, { metadata: { order } });

  it('goes by rule and share, and the same choice can be made again', async () => {
    await save([
      rule([[b, 1]], { countries: ['NL'] }),
      rule(
        [
          [a, 1],
          [b, 3],
        ],
        { currencies: ['EUR'], maxAmount: 3_000 },
      ),
      rule([[b, 1]], { methods: ['card'] }),
    ]);
    const dutch = await desk.begin({ type: 'card', token: 't' }, { shopper: { shipping: { country: 'NL' } } });
    expect(dutch.attempt.gatewayId).toBe(b);
    const large = await desk.begin({ type: 'card', token: 't' }, { amount: { amount: 3_001, currency: 'EUR' } });
    expect(large.attempt.gatewayId).toBe(b);
    // No rule fits: the oldest account that can.
    const other = await desk.begin({ type: 'ideal', token: 'new' }, { amount: { amount: 1, currency: 'USD' } });
    expect(other.attempt.gatewayId).toBe(a);
    const seen = new Set<string>();
    for (let at = 0; at < 12 || seen.size < 2; at++) {
      const { attemptId, attempt } = await desk.begin({ type: 'card', token: 't' });
      seen.add(attempt.gatewayId);
      const shares = [
        { gatewayId: a, weight: 1 },
        { gatewayId: b, weight: 3 },
      ];
      expect(attempt.gatewayId).toBe(inOrderOf(attemptId, shares)[0]);
      const [{ route }] = await desk.rows<{ route: object }>('select route from payments.attempts where id = $1', [
        attemptId,
      ]);
      expect(route).toEqual({ version: 1, rule: 1, by: 'weight' });
    }
    // The account that the client made its token of.
    const named = await desk.begin({ type: 'card', token: 't', gatewayId: a });
    expect(named.attempt.gatewayId).toBe(a);
    for (const gatewayId of [nowhere, newId()])
      await expect(desk.begin({ type: 'card', token: 't', gatewayId })).rejects.toMatchObject({
        code: 'payments.gateway-not-routed',
      });
  });

  it('asks no provider that whoever runs the installation does not list, whatever keys a shop saves', async () => {
    const shop = desk.tenant;
    desk.open();
    try {
      const credentials = {
        stripe: { secretKey: `sk_test_${'k'.repeat(24)}` },
        paypal: { clientId: 'client-of-nobody', clientSecret: 'secret-of-nobody' },
      };
      const asked = jest.spyOn(dns, 'lookup');
      for (const provider of ['stripe', 'paypal'] as const) {
        const request = {
          provider,
          credentials: credentials[provider],
          testMode: true,
        } as OpenGatewayCommand['request'];
        const id = await desk.here(() => desk.commands.execute(new OpenGatewayCommand(request)));
        const account = await desk.here(() => desk.app.get(QueryBus).execute(new FindGatewayQuery(id)));
        expect(account).toMatchObject({ status: 'active', reachable: false });
        const type = provider === 'stripe' ? 'card' : 'paypal';
        await expect(desk.begin({ type, token: 'new', gatewayId: id })).rejects.toMatchObject({
          code: 'payments.gateway-not-routed',
        });
        await expect(
          desk.here(async () => {
            const known = (await desk.app.get(GatewayAccounts).find(desk.tenant, id))!;
            return desk.app.get(GatewayDesk).call(known, (gateway) => gateway.capabilities() as never);
          }),
        ).rejects.toMatchObject({ code: 'payments.provider-not-offered' });
        const report = { gatewayId: id, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
        await expect(desk.here(() => desk.commands.execute(new ReconcileCommand(report)))).rejects.toMatchObject({
          code: 'payments.provider-not-offered',
        });
      }
      clock.setOffset(2 * 86_400);
      await desk.work();
      expect(await desk.rows('select 1 from payments.reconciliations')).toEqual([]);
      expect(asked).not.toHaveBeenCalled();
      asked.mockRestore();
    } finally {
      clock.setOffset(0);
      desk.tenant = shop;
    }
  });

  it('tells the browser which script to start', async () => {
    await save([
      rule(
        [
          [b, 1],
          [a, 0],
        ],
        { methods: ['card'], failover: true },
      ),
    ]);
    const payment = { method: 'card', amount: { amount: 100, currency: 'EUR' }, country: null };
    const ask = (over: object) =>
      desk.here(() => desk.app.get(QueryBus).execute(new RoutePaymentQuery({ ...payment, ...over }, 'cart')));
    const clientKey = `pk_test_${'p'.repeat(24)}`;
    expect(await ask({})).toEqual({
      data: [b, a].map((gatewayId) => ({ gatewayId, provider: 'stripe', testMode: true, clientKey })),
    });
    await expect(ask({ method: 'paypal' })).rejects.toMatchObject({ code: 'payments.unknown-method' });
  });

  it('refuses rules that cannot be followed, and those of somebody who did not see the last ones', async () => {
    const faults = await save([
      rule([[newId(), 1]]),
      rule([
        [a, 0],
        [a, 0],
      ]),
      rule([[a, 1]], { methods: ['cash'], minAmount: 5, maxAmount: 4 }),
    ]).catch((error: { data: { errors: { pointer: string }[] } }) => error.data.errors.map(({ pointer }) => pointer));
    expect(faults).toEqual([
      '/rules/0/gateways/0/gatewayId',
      '/rules/1/gateways/1/gatewayId',
      '/rules/1/gateways',
      '/rules/2/methods/0',
      '/rules/2/currencies',
      '/rules/2/maxAmount',
    ]);
    const [{ version }] = await desk.rows<{ version: number }>('select max(version) as version from payments.routings');
    const saved = await Promise.allSettled([1, 2, 3, 4].map(() => save([rule([[a, 1]])], version)));
    expect(saved.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of saved.filter((result) => result.status === 'rejected'))
      expect(one.reason).toMatchObject({ code: 'payments.routing-changed' });
  });

  it('goes on at the next gateway where the first surely did not take the payment up, with its judgement', async () => {
    await desk.here(() => desk.commands.execute(new SaveFraudSettingsCommand(FRAUD)));
    await save([
      rule(
        [
          [nowhere, 1],
          [b, 0],
        ],
        { failover: true },
      ),
    ]);
    for (const method of [lost().method, { type: 'ideal', token: 'new' }]) {
      const order = newId();
      const paid = await desk.pay(method, { metadata: { order } });
      const done = method.type === 'card' ? 'charged' : 'authentication_pending';
      expect(await tries(paid.id)).toEqual([
        [nowhere, 'failed'],
        [b, done],
      ]);
      expect(paid.facts.status).toBe(method.type === 'card' ? 'succeeded' : 'requires_action');
      expect(charged(second, order)).toBe(method.type === 'card' ? 1 : 0);
      const judged = await desk.rows(
        'select attempt_id from fraud.assessments where payable_id = (select payable_id::text from payments.intents where id = $1::uuid)',
        [paid.id],
      );
      expect(judged).toEqual([{ attempt_id: paid.attemptId }]);
      const types = await desk.rows<{ type: string }>(
        'select type from kernel.events where aggregate_id = $1 order by id',
        [paid.id],
      );
      expect(types.map(({ type }) => type.split('.')[1])).toEqual([
        'payment-rerouted',
        ...(method.type === 'card' ? ['payment-captured'] : []),
      ]);
    }
    // Without a token of the next account there is nowhere to go.
    const stuck = await desk.pay({ type: 'card', token: 'pm_card_visa' });
    expect(stuck.facts).toMatchObject({ status: 'requires_payment_method', error: { code: 'gateway_unreachable' } });
  });

  it('never goes on after silence, an error of the server or a decline', async () => {
    await save([
      rule(
        [
          [a, 1],
          [b, 0],
        ],
        { failover: true },
      ),
    ]);
    for (const [token, status] of [
      ['pm_double_lost', 'processing'],
      ['pm_double_500', 'processing'],
      ['pm_card_chargeDeclined', 'requires_payment_method'],
    ]) {
      const alternatives = [{ gatewayId: b, token: 'pm_card_visa' }];
      const before = second.requests.length;
      const paid = await desk.pay({ type: 'card', token, gatewayId: a, alternatives });
      expect([token, paid.facts.status, second.requests.length]).toEqual([token, status, before]);
    }
  });

  it('charges once, however many ask at the same time for a payment that goes on', async () => {
    await save([
      rule(
        [
          [nowhere, 1],
          [b, 0],
        ],
        { failover: true },
      ),
    ]);
    for (let round = 0; round < 4; round++) {
      const wanted = lost();
      const opened = await begin(wanted);
      const asked = await Promise.all(
        Array.from({ length: 5 }, async (_one, index) => {
          const outcome = await desk.contact(opened, index === 0);
          await desk.record(outcome);
          return outcome;
        }),
      );
      expect(asked).toHaveLength(5);
      const inFlight = (await tries(opened.intentId)).filter(([, state]) => !['failed', 'charged'].includes(state));
      // Whoever saw the failure only, leaves it open; nothing is charged twice.
      expect(charged(second, wanted.order)).toBeLessThanOrEqual(1);
      expect(inFlight.length + charged(second, wanted.order)).toBe(1);
    }
  });

  it('does not go on where somebody else may have been let in before', async () => {
    const moving = new StripeDouble();
    const base = await moving.listen();
    const third = await desk.stripe(base);
    await save([
      rule(
        [
          [third, 1],
          [b, 0],
        ],
        { failover: true },
      ),
    ]);
    const order = newId();
    const method = {
      type: 'card',
      token: 'pm_double_500',
      gatewayId: third,
      alternatives: [{ gatewayId: b, token: 'pm_card_visa' }],
    };
    const opened = await desk.begin(method, { metadata: { order } });
    // A process that took over charges, and dies before it can tell.
    await desk.contact(opened, false);
    expect(charged(moving, order)).toBe(1);
    await moving.close();
    const outcome = await desk.contact(opened);
    expect(outcome).toMatchObject({ status: 'failed', attemptId: opened.attemptId });
    expect((await desk.record(outcome)).status).toBe('processing');
    expect(await tries(opened.intentId)).toEqual([[third, 'unresolved']]);
    expect(charged(second, order)).toBe(0);
  });

  it('is taken up where a process died between the gateways', async () => {
    await save([
      rule(
        [
          [nowhere, 1],
          [b, 0],
        ],
        { failover: true },
      ),
    ]);
    // The commit of the change is there, the next gateway was not asked.
    const died = async () => {
      const wanted = lost();
      const opened = await begin(wanted);
      const { gatewayId, provider, method } = opened.attempt.failover![0];
      const next = { id: newId(), gatewayId, provider, method };
      await desk.within(async () => {
        const tx = desk.app.get(UnitOfWork).current();
        const payments = desk.app.get(PaymentRepository);
        const intent = (await payments.lockByAttempt(tx, opened.attemptId))!;
        expect(
          intent.failOver(opened.attemptId, { code: 'gateway_unreachable', message: '' }, next, new Date()),
        ).not.toBeNull();
        await payments.save(tx, intent);
      });
      return { ...wanted, opened, next: { ...opened, attemptId: next.id } };
    };
    const retried = await died();
    await desk.record(await desk.contact(retried.next, false));
    expect(await tries(retried.opened.intentId)).toEqual([
      [nowhere, 'failed'],
      [b, 'charged'],
    ]);
    const forgotten = await died();
    await desk.settle(forgotten.next.attemptId);
    expect(await desk.payment(forgotten.opened.intentId)).toMatchObject({ status: 'requires_payment_method' });
    expect([charged(second, retried.order), charged(second, forgotten.order)]).toEqual([1, 0]);
    // Nobody goes on twice for one try.
    const late = await desk.contact(retried.opened);
    expect(late.attemptId).toBe(retried.opened.attemptId);
    expect(charged(second, retried.order)).toBe(1);
  });
});
