import { QueryBus } from '@nestjs/cqrs';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { DecideReviewCommand } from '../../src/money/fraud/commands/decide-review';
import { LabelAssessmentCommand } from '../../src/money/fraud/commands/label-assessment';
import { AddListEntriesCommand, AddListEntryCommand } from '../../src/money/fraud/commands/manage-lists';
import { ActivateModelCommand, AskForModelCommand } from '../../src/money/fraud/commands/manage-models';
import { ChangeRuleCommand, CreateRuleCommand, type RuleTerms } from '../../src/money/fraud/commands/manage-rules';
import { SaveFraudSettingsCommand } from '../../src/money/fraud/commands/save-settings';
import { TrainModelCommand } from '../../src/money/fraud/commands/train-model';
import { AssignReviewCommand, NoteReviewCommand } from '../../src/money/fraud/commands/tend-review';
import {
  FindAssessmentQuery,
  ListAssessmentsQuery,
  type AssessmentFacts,
} from '../../src/money/fraud/queries/assessments';
import { FraudAnalyticsQuery, type FraudAnalytics } from '../../src/money/fraud/queries/analytics';
import type { ModelFacts } from '../../src/money/fraud/queries/models';
import { ListReviewsQuery, type ReviewFacts } from '../../src/money/fraud/queries/reviews';
import type { RuleFacts } from '../../src/money/fraud/queries/rules';
import { DEFAULTS } from '../../src/money/fraud/queries/settings';
import { DryRunRuleQuery } from '../../src/money/fraud/queries/try-rule';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { CaptureCleared } from '../../src/money/payments/jobs/capture-cleared';
import { OrderDesk } from '../support/order-desk';

describe('fraud', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const rule = (terms: Partial<RuleTerms>): Promise<RuleFacts> =>
    act(
      new CreateRuleCommand({
        name: `Rule ${newId()}`,
        description: null,
        mode: 'live',
        condition: { signal: 'shopper.guest', op: 'eq', value: true },
        weight: 0,
        decision: null,
        ...terms,
      }),
    );
  const listed = (list: string, kind: string, value: string, expiresAt: Date | null = null): Promise<{ id: string }> =>
    act(new AddListEntryCommand({ list, kind, value, note: null, expiresAt } as never));
  const buy = async (token = 'success', more: object = {}) => {
    const cart = await desk.cart(['THING', 1]);
    return desk.checkout(cart, token, { email: `${newId().slice(-12)}@example.com`, ...more });
  };
  const assessments = async (): Promise<AssessmentFacts[]> =>
    (await ask<{ data: AssessmentFacts[] }>(new ListAssessmentsQuery({ limit: 100 }))).data;
  const reviews = async (): Promise<ReviewFacts[]> =>
    (await ask<{ data: ReviewFacts[] }>(new ListReviewsQuery({ limit: 100 }))).data;
  const drained = () => desk.worker.drain();
  /** What the queue does with the captures that were asked for. */
  const captured = async (): Promise<void> => {
    const jobs = await desk.rows<{ payload: Parameters<CaptureCleared['run']>[0] }>(
      `select payload from kernel.deliveries where name = 'payments.capture-cleared'`,
    );
    for (const { payload } of jobs) await desk.asStaff(() => desk.app.get(CaptureCleared).run(payload));
    await desk.worker.drain();
  };

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk.app.close());
  afterEach(() => clock.setOffset(0));
  beforeEach(async () => {
    desk.open();
    desk.ip = '192.0.2.1';
    await desk.product('THING', 1000, 100);
  });

  it('judges nothing where nothing is on, and adds no statement to a checkout', async () => {
    expect((await buy()).payment!.status).toBe('succeeded');
    expect(await assessments()).toEqual([]);
  });

  it('refuses what is on a list without saying why, and keeps the try although the checkout is undone', async () => {
    await listed('block', 'domain', 'Bad.example');
    await expect(buy('success', { email: 'Any+one@shop.bad.example' })).rejects.toEqual(
      refused('payments.not-accepted'),
    );
    await expect(buy('success', { email: 'x@bad.example' })).rejects.toThrow('This payment cannot be accepted.');
    expect((await buy()).payment!.status).toBe('succeeded');
    const judged = await assessments();
    expect(judged.map(({ decision, outcome }) => [decision, outcome])).toEqual([
      ['allow', 'open'],
      ['block', 'blocked'],
      ['block', 'blocked'],
    ]);
    expect(judged[2]).toMatchObject({
      email: 'any@shop.bad.example',
      reasons: ['On the list of those refused: domain bad.example'],
    });
    expect((await desk.stock('THING')).available).toBe(99);
    const [{ events }] = await desk.rows<{ events: number }>(
      `select count(*)::int as events from kernel.events where type = 'fraud.payment-blocked.v1'`,
    );
    expect(events).toBe(2);
  });

  it('reads networks, IPv6 and countries on lists, and refuses the opposite of a list', async () => {
    await listed('block', 'ip', '192.0.2.0/25', new Date(clock.nowMs() + 3_600_000));
    await listed('block', 'ip', '2001:db8:5::/48');
    await listed('block', 'country', 'kp');
    await expect(listed('allow', 'ip', '192.0.2.7/25')).rejects.toEqual(refused('fraud.list-entry-exists'));
    await expect(listed('block', 'ip', '192.0.2.0/33')).rejects.toEqual(refused('fraud.list-entry-invalid'));
    await expect(listed('proxy', 'email', 'a@b.example')).rejects.toEqual(refused('fraud.list-entry-invalid'));
    await expect(listed('block', 'card', '4242424242424242')).rejects.toEqual(refused('fraud.list-entry-invalid'));
    for (const ip of ['192.0.2.1', '::ffff:192.0.2.9', '2001:db8:5:9::1']) {
      desk.ip = ip;
      await expect(buy()).rejects.toEqual(refused('payments.not-accepted'));
    }
    desk.ip = '192.0.2.200';
    expect((await buy()).payment!.status).toBe('succeeded');
    desk.ip = '192.0.2.1';
    const many = await act<object>(
      new AddListEntriesCommand(['192.0.2.0/25', '198.51.100.0/24', '198.51.100.0/24', 'nonsense'], {
        list: 'allow',
        kind: 'ip',
        note: null,
        expiresAt: null,
      }),
    );
    expect(many).toEqual({ added: 1, known: 2, refused: ['nonsense'] });
  });

  it('adds points up, takes the strictest demand, and lets rules in shadow decide nothing', async () => {
    await act(new SaveFraudSettingsCommand({ ...DEFAULTS, enabled: true, challengeAt: 30, reviewAt: 60, blockAt: 90 }));
    await rule({ name: 'Guest', weight: 40 });
    await rule({
      name: 'First',
      weight: 55,
      mode: 'shadow',
      condition: { signal: 'shopper.first-order', op: 'eq', value: true },
    });
    const { payment } = await buy();
    // 40 points ask the shopper's bank.
    expect(payment!.status).toBe('requires_action');
    const [judged] = await assessments();
    expect(judged).toMatchObject({
      decision: 'challenge',
      shadowDecision: 'block',
      score: 40,
      reasons: ['Guest: Nobody is signed in'],
    });
    const details = await ask<{ replay: object; hits: object[] }>(new FindAssessmentQuery(judged.id));
    expect(details.replay).toEqual({ decision: 'challenge', score: 40, same: true });
    expect(details.hits).toHaveLength(2);
  });

  it('replays by the versions that judged, whatever became of the rules', async () => {
    const made = await rule({ name: 'Guest', weight: 20 });
    await buy();
    await act(new ChangeRuleCommand(made.id, { weight: 90, decision: 'block' }));
    const [judged] = await assessments();
    const details = await ask<{ replay: object }>(new FindAssessmentQuery(judged.id));
    expect(details.replay).toEqual({ decision: 'allow', score: 20, same: true });
    await expect(buy()).rejects.toEqual(refused('payments.not-accepted'));
  });

  it('refuses conditions that cannot be judged, and says where', async () => {
    const bad = (condition: unknown) => rule({ condition, weight: 10 });
    for (const [condition, pointer] of [
      [{ signal: 'nonsense', op: 'eq', value: 1 }, '/condition/signal'],
      [{ signal: 'amount', op: 'like', value: 1 }, '/condition/op'],
      [{ signal: 'shipping.country', op: 'gt', value: 'PT' }, '/condition/op'],
      [{ all: [{ signal: 'amount', op: 'eq', value: 'PT' }] }, '/condition/all/0/value'],
      [{ any: [] }, '/condition/any'],
      [{ signal: 'tries.email.91d', op: 'gt', value: 1 }, '/condition/signal'],
      [{ signal: 'emails.email.1d', op: 'gt', value: 1 }, '/condition/signal'],
      [[], '/condition'],
    ] as const)
      await expect(bad(condition)).rejects.toMatchObject({
        code: 'fraud.condition-invalid',
        data: { errors: [expect.objectContaining({ pointer })] },
      });
    await expect(rule({})).rejects.toEqual(refused('fraud.rule-without-effect'));
    await rule({ name: 'One', weight: 1 });
    await expect(rule({ name: 'ONE', weight: 1 })).rejects.toEqual(refused('fraud.rule-name-taken'));
  });

  it('counts by email, card, network and address; declines and amounts too', async () => {
    await rule({ name: 'Seen', weight: 1 });
    const email = 'Sam.Shopper@gmail.com';
    await buy('declined', { email });
    await drained();
    await buy('success', { email: 'samshopper+2@googlemail.com' });
    await rule({ name: 'Sums', weight: 1, condition: { signal: 'amount.email.1h', op: 'gt', value: 1 } });
    await rule({ name: 'Declines', weight: 1, condition: { signal: 'declines.email.2d', op: 'gt', value: 0 } });
    await buy('success', { email });
    const [last] = await assessments();
    const { signals } = await ask<{ signals: { name: string; value: unknown }[] }>(new FindAssessmentQuery(last.id));
    const value = (name: string) => signals.find((signal) => signal.name === name)?.value;
    expect([value('tries.email.1h'), value('tries.ip.1h'), value('tries.address.1d')]).toEqual([3, 3, 3]);
    expect([value('amount.email.1h'), value('declines.email.2d'), value('shopper.refusals')]).toEqual([3_000, 1, 1]);
    expect([value('shopper.guest'), value('email.disposable'), value('amount.round')]).toEqual([true, false, false]);
  });

  describe('reviews', () => {
    const held = async () => {
      await rule({ name: 'Guest', decision: 'review' });
      const placed = await buy();
      await drained();
      return { ...placed, review: (await reviews())[0] };
    };

    it('reserve the money, keep the stock, and capture when approved', async () => {
      const { order, payment, review } = await held();
      expect(payment!.status).toBe('requires_merchant_action');
      expect(review).toMatchObject({ status: 'open', paymentId: payment!.id, reasons: ['Guest: Nobody is signed in'] });
      await expect(act(new CapturePaymentCommand({ paymentId: payment!.id }))).rejects.toEqual(
        refused('payments.under-review'),
      );
      await act(new NoteReviewCommand(review.id, 'Called'));
      await expect(act(new AssignReviewCommand(review.id, newId()))).rejects.toEqual(refused('fraud.assignee-unknown'));
      const decided = await act<object>(new DecideReviewCommand(review.id, 'approved', 'All well'));
      expect(decided).toMatchObject({ status: 'approved', note: 'All well', notes: [{ text: 'Called' }] });
      await expect(act(new DecideReviewCommand(review.id, 'rejected', null))).rejects.toEqual(
        refused('fraud.review-decided'),
      );
      await drained();
      await captured();
      expect((await desk.find(order.id)).status).toBe('paid');
      expect((await assessments())[0]).toMatchObject({ outcome: 'paid', label: 'legitimate', labelSource: 'review' });
    });

    it('let the money go, end the order and give the stock back when rejected', async () => {
      const { order, review } = await held();
      expect((await desk.stock('THING')).available).toBe(99);
      await act(new DecideReviewCommand(review.id, 'rejected', null));
      await drained();
      expect((await desk.find(order.id)).status).toBe('cancelled');
      expect((await desk.stock('THING')).available).toBe(100);
      expect((await assessments())[0]).toMatchObject({ outcome: 'let_go', label: 'fraud' });
    });

    it('take only what is still due, as pieces may be given up while they wait', async () => {
      await rule({ name: 'Guest', decision: 'review' });
      const { order, payment } = await desk.checkout(await desk.cart(['THING', 3]));
      await drained();
      await expect(act(new ShipOrderCommand({ orderId: order.id }))).rejects.toEqual(
        refused('orders.payment-not-captured'),
      );
      await act(
        new CancelOrderLinesCommand({ orderId: order.id, lines: [{ lineId: order.lines[0].id, quantity: 1 }] }),
      );
      await act(new DecideReviewCommand((await reviews())[0].id, 'approved', null));
      await drained();
      await captured();
      expect((await desk.find(order.id)).status).toBe('paid');
      const [row] = await desk.rows<{ captured: number }>(
        'select captured::float8 as captured from payments.attempts where intent_id = $1',
        [payment!.id],
      );
      expect(row.captured).toBe(2_000);
    });

    it('are decided once however many decide at once', async () => {
      const { review } = await held();
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          act(new DecideReviewCommand(review.id, i % 2 ? 'approved' : 'rejected', null)),
        ),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('are told of when they are late, and end by themselves before the money lapses', async () => {
      const { order } = await held();
      clock.setOffset(5 * 3_600);
      await drained();
      expect(await reviews()).toMatchObject([{ status: 'open', overdue: true }]);
      clock.setOffset(145 * 3_600);
      await drained();
      expect(await reviews()).toMatchObject([{ status: 'rejected', decidedHow: 'time', decidedBy: null }]);
      expect((await desk.find(order.id)).status).toBe('cancelled');
      expect((await assessments())[0]).toMatchObject({ label: null });
    });
  });

  it('ends reviews before the money lapses, also where settings of earlier said later', async () => {
    await rule({ name: 'Guest', decision: 'review' });
    const settings = { enabled: true, challengeAt: null, reviewAt: null, blockAt: null };
    await act(new SaveFraudSettingsCommand({ ...settings, reviewDueMinutes: 240, rejectAfterHours: 720 }));
    await buy();
    await drained();
    const [{ rejectAt, dueAt }] = await reviews();
    expect(Date.parse(rejectAt) - Date.parse(dueAt)).toBe((160 - 4) * 3_600_000);
    clock.setOffset(161 * 3_600);
    await drained();
    expect(await reviews()).toMatchObject([{ status: 'rejected', decidedHow: 'time' }]);
  });

  it('judges again when the gateway has told of the card', async () => {
    await rule({
      name: 'Foreign card',
      decision: 'review',
      condition: {
        all: [
          { signal: 'card.country-mismatch', op: 'eq', value: true },
          { signal: 'card.avs', op: 'eq', value: 'fail' },
        ],
      },
    });
    await rule({ name: 'Many mails', decision: 'block', condition: { signal: 'emails.card.1d', op: 'gte', value: 3 } });
    const good = await buy('success:card=blue,country=PT,avs=pass');
    const bad = await buy('success:card=red,country=BR,avs=fail');
    // Both wait until the second judgement.
    expect([good.payment!.status, bad.payment!.status]).toEqual([
      'requires_merchant_action',
      'requires_merchant_action',
    ]);
    await drained();
    await captured();
    expect((await desk.find(good.order.id)).status).toBe('paid');
    expect(await reviews()).toMatchObject([{ payable: { id: bad.order.id }, status: 'open' }]);
    await buy('success:card=blue,country=PT,avs=pass');
    const third = await buy('success:card=blue,country=PT,avs=pass');
    await drained();
    expect((await desk.find(third.order.id)).status).toBe('cancelled');
  });

  it('says what a rule would have done, as counts were then, and how rules did', async () => {
    await rule({ name: 'Seen', weight: 1 });
    const email = 'often@example.com';
    for (let i = 0; i < 4; i++) await buy('success', { email });
    await buy();
    await drained();
    const [, , third, , first] = await assessments();
    await act(new LabelAssessmentCommand(third.id, 'fraud'));
    await act(new LabelAssessmentCommand(first.id, 'legitimate'));
    const condition = { signal: 'tries.email.2h', op: 'gt', value: 2 };
    const draft = { ruleId: null, condition, weight: 0, decision: 'review' as const, from: null, to: null };
    // The third and fourth try of the address are hit; of the two whose truth is known, one.
    expect(await ask(new DryRunRuleQuery(draft))).toMatchObject({
      tries: 5,
      truncated: false,
      hits: 2,
      fraudHits: 1,
      legitimateHits: 0,
      precision: 1,
      recall: 1,
      changes: [{ from: 'allow', to: 'review', tries: 2, fraud: 1, legitimate: 0 }],
    });
    const report = await ask<FraudAnalytics>(new FraudAnalyticsQuery(new Date(0), new Date(clock.nowMs() + 1_000)));
    expect(report).toMatchObject({
      tries: 5,
      decisions: { allow: 5, block: 0 },
      outcomes: { paid: 5 },
      labels: { fraud: 1, legitimate: 1 },
      rates: { block: 0, fraud: 0.2 },
      amounts: [{ tried: { amount: 5_000, currency: 'EUR' }, fraud: { amount: 1_000 } }],
      rules: [{ name: 'Seen', hits: 5, fraud: 1, legitimate: 1, precision: 0.5, recall: 1 }],
    });
  });

  it('learns from what the tries turned out to be, and says by what it was moved', async () => {
    await rule({ name: 'Guest', weight: 1 });
    await expect(act(new AskForModelCommand())).rejects.toEqual(refused('fraud.too-few-labels'));
    // 400 tries, a tenth of them fraud: who tries often.
    await desk.rows(
      `insert into fraud.assessments (tenant_id, id, attempt_id, payable_type, payable_id, amount, currency, decision, shadow_decision,
         score, signals, judged, hits, lists, thresholds, reasons, outcome, label, label_source, created_at)
       select $1, gen_random_uuid(), gen_random_uuid(), 'order', n::text, 1000, 'EUR', 'allow', 'allow', 1,
         jsonb_build_object('amount', 1000, 'tries.ip.1h', case when n % 10 = 0 then 8 else 1 + n % 3 end, 'time.hour', n % 24),
         '[]', '[]', '[]', '{}', '[]', 'paid', case when n % 10 = 0 then 'fraud' else 'legitimate' end, 'person',
         kernel.now() - make_interval(mins => 500 - n) from generate_series(1, 400) n`,
      [desk.tenant],
    );
    const asked = await act<ModelFacts>(new AskForModelCommand());
    expect(asked).toMatchObject({ version: 1, status: 'training', active: false });
    await expect(act(new AskForModelCommand())).rejects.toEqual(refused('fraud.training-under-way'));
    await expect(act(new ActivateModelCommand(asked.id, true))).rejects.toEqual(refused('fraud.model-not-ready'));
    await act(new TrainModelCommand(asked.id));
    expect(await act(new ActivateModelCommand(asked.id, true))).toMatchObject({
      status: 'ready',
      active: true,
      samples: 300,
      tested: 100,
      modelPrecision: 1,
    });
    await rule({ name: 'Model', decision: 'block', condition: { signal: 'model.score', op: 'gt', value: 0.5 } });
    for (let i = 0; i < 7; i++) await buy().catch(() => undefined);
    const judged = await assessments();
    expect(judged.slice(0, 7).map(({ decision }) => decision)).toContain('block');
    const { model } = await ask<{ model: { signal: string; weight: number }[] }>(new FindAssessmentQuery(judged[0].id));
    expect(model[0]).toMatchObject({ signal: 'tries.ip.1h' });
    expect(model[0].weight).toBeGreaterThan(0);
  });
});
