import { QueryBus } from '@nestjs/cqrs';
import { runInContext } from '../../src/kernel/context/request-context';
import { Places } from '../../src/kernel/geo/places';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { AddListEntryCommand } from '../../src/money/fraud/commands/manage-lists';
import { CreateRuleCommand } from '../../src/money/fraud/commands/manage-rules';
import {
  FindAssessmentQuery,
  ListAssessmentsQuery,
  type AssessmentFacts,
} from '../../src/money/fraud/queries/assessments';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { OrderDesk } from '../support/order-desk';

/** An address of a network in the United States, by the table of the registries. */
const AMERICAN = '8.8.8.8';
const PORTO = { line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const VIGO = { line1: 'Calle 9', city: 'Vigo', postalCode: '36201', country: 'ES' };
const CARD = 'success:card=blue,country=BR,avs=fail,cvc=fail,funding=prepaid';

describe('signals of fraud, from a history of payments', () => {
  let desk: OrderDesk;
  const device = newId();
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const rule = (name: string, condition: object) =>
    act(
      new CreateRuleCommand({ name, description: null, mode: 'live', weight: 1, decision: null, condition } as never),
    );
  const pay = async (amount: number, currency = 'EUR', token = 'success') => {
    const shopper = { email: 'Pat@mailinator.com', shipping: PORTO, billing: VIGO };
    const open = new OpenIntentCommand({
      payable: { type: 'order', id: newId() },
      amount: { amount, currency },
      method: { type: 'sandbox', token },
      shopper,
    });
    const { intentId, attemptId } = await desk.run(() =>
      runInContext({ deviceId: device }, () => desk.app.get(UnitOfWork).run(() => desk.commands.execute(open))),
    );
    const outcome = await desk.asStaff(() => desk.commands.execute(new ContactGatewayCommand({ attemptId })));
    await desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(() => desk.commands.execute(new RecordOutcomeCommand({ attemptId, outcome }))),
    );
    await desk.worker.drain();
    return { intentId, attemptId };
  };
  const refund = async (paymentId: string, amount: number, currency = 'EUR') => {
    const money = { amount, currency };
    const { refundId } = await act<{ refundId: string }>(
      new RequestRefundCommand({ paymentId, amount: money, reason: 'staff' }),
    );
    await act(new RefundChargeCommand(refundId));
    await desk.worker.drain();
  };
  const signalsOf = async (attemptId: string): Promise<Record<string, unknown>> => {
    const { data } = await ask<{ data: AssessmentFacts[] }>(new ListAssessmentsQuery({ limit: 100 } as never));
    const { id } = data.find((one) => one.attemptId === attemptId)!;
    const { signals } = await ask<{ signals: { name: string; value: unknown }[] }>(new FindAssessmentQuery(id));
    return Object.fromEntries(signals.map(({ name, value }) => [name, value]));
  };

  beforeAll(async () => {
    desk = await OrderDesk.start();
  }, 60_000);
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  it('tell what was paid and given back before, whence, on what, and by which card', async () => {
    desk.ip = AMERICAN;
    expect(await desk.app.get(Places).countryOf(AMERICAN)).toBe('US');
    await rule('Guests', { signal: 'shopper.guest', op: 'eq', value: true });
    const first = await pay(9_900);
    expect(await signalsOf(first.attemptId)).toMatchObject({
      'amount.just-under': true,
      'amount.round': false,
      'shopper.first-order': true,
      'shopper.refund-ratio': 0,
      'ip.proxy': false,
      'tries.device.1h': 1,
    });
    // What was not taken counts for nothing, and neither does what was paid in another currency.
    await pay(77_000, 'EUR', 'declined');
    const second = await pay(20_100);
    await refund(second.intentId, 3_000);
    const dollars = await pay(50_000, 'USD');
    await refund(dollars.intentId, 50_000, 'USD');
    await act(
      new AddListEntryCommand({ list: 'proxy', kind: 'ip', value: '8.8.8.0/24', note: null, expiresAt: null } as never),
    );
    await rule('Of the card', { signal: 'card.cvc', op: 'eq', value: 'fail' });

    const last = await pay(30_000, 'EUR', CARD);
    expect(await signalsOf(last.attemptId)).toMatchObject({
      amount: 30_000,
      'amount.round': true,
      'amount.just-under': false,
      // Of 99.00 and 201.00.
      'amount.to-median': 2,
      'shopper.first-order': false,
      'shopper.paid-orders': 3,
      'shopper.refusals': 1,
      'shopper.refund-ratio': 0.1,
      'email.domain': 'mailinator.com',
      'email.disposable': true,
      'shipping.country': 'PT',
      'billing.country': 'ES',
      'billing.mismatch': true,
      'billing.country-mismatch': true,
      'ip.country': 'US',
      'ip.country-mismatch': true,
      'ip.proxy': true,
      'card.country': 'BR',
      'card.country-mismatch': true,
      'card.funding': 'prepaid',
      'card.avs': 'fail',
      'card.cvc': 'fail',
      'tries.device.1h': 5,
      'tries.device.1d': 5,
      'tries.card.1h': 1,
      'declines.ip.1h': 1,
    });
    const again = await signalsOf((await pay(1_000, 'EUR', CARD)).attemptId);
    expect(again).toMatchObject({ 'tries.card.1h': 2, 'tries.card.1d': 2, 'emails.card.7d': 1, 'tries.device.1h': 6 });
    const inDollars = await signalsOf((await pay(25_000, 'USD', CARD)).attemptId);
    expect(inDollars).toMatchObject({ 'shopper.refund-ratio': 1, 'amount.to-median': 0.5 });
  });
});
