import { Readable } from 'node:stream';
import { QueryBus } from '@nestjs/cqrs';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import {
  AcceptDisputeCommand,
  SaveEvidenceCommand,
  SubmitEvidenceCommand,
} from '../../src/money/payments/commands/answer-dispute';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { LookAtDisputeCommand } from '../../src/money/payments/contracts/look-at-dispute';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ProcessProviderEventCommand } from '../../src/money/payments/commands/process-provider-event';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { DISPUTE_EDGES, stateAfter, type DisputeState } from '../../src/money/payments/domain/dispute';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { ReconcileCommand, ResolveReconciliationRowCommand } from '../../src/money/payments/commands/reconcile';
import { RunReconciliationCommand } from '../../src/money/payments/contracts/run-reconciliation';
import { FindPayoutQuery, type PayoutDetails } from '../../src/money/payments/queries/payout';
import {
  FindReconciliationQuery,
  ListPayoutsQuery,
  ListReconciliationRowsQuery,
  ListReconciliationsQuery,
  type ReconciliationRowView,
  type ReconciliationView,
} from '../../src/money/payments/queries/reconciliations';
import { FindDisputeQuery, ListDisputesQuery, type DisputeDetails } from '../../src/money/payments/queries/disputes';
import { DeleteFileCommand } from '../../src/engagement/files/commands/delete-file';
import { InspectBlobCommand } from '../../src/engagement/files/commands/inspect-blob';
import { StoreFileCommand } from '../../src/engagement/files/commands/store-file';
import { FilesModule } from '../../src/engagement/files/files.module';
import { PutEvidenceFilesCommand } from '../../src/money/payments/commands/evidence-files';
import type { EvidenceFileKind } from '../../src/money/payments/domain/dispute';
import { PayPalDouble } from '../doubles/paypal-double';
import { StripeDouble } from '../doubles/stripe-double';
import { newId } from '../../src/kernel/ids/ids';
import { OrderDesk } from '../support/order-desk';

const SECRET = 'whsec_ofTheDoubleOnLoopback';
const WEBHOOK = 'WH0123456789';
const DAY = 86_400;
const PDF = '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n';

describe('disputes', () => {
  const stripe = new StripeDouble();
  const paypal = new PayPalDouble();
  let desk: OrderDesk;
  let gateways: { stripe: string; paypal: string };
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const only = async (): Promise<DisputeDetails> => {
    const { data } = await ask<{ data: { id: string }[] }>(new ListDisputesQuery({ limit: 5 } as never));
    expect(data).toHaveLength(1);
    return ask(new FindDisputeQuery(data[0].id));
  };
  const balances = async (): Promise<Record<string, number>> => {
    await desk.worker.drain();
    const { data } = await ask<{ data: { account: string; balance: { amount: number } }[] }>(
      new TrialBalanceQuery(clock.now()),
    );
    return Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]).filter(([, sum]) => sum));
  };
  /** Hands webhooks in, in this order, and works on what is stored. */
  const tell = async (events: readonly object[], provider: 'stripe' | 'paypal' = 'stripe'): Promise<void> => {
    for (const event of events) {
      const { header, body } = StripeDouble.signed(event, SECRET, Math.floor(clock.nowMs() / 1000));
      const headers = provider === 'stripe' ? { 'stripe-signature': header } : paypal.signed(body, WEBHOOK);
      const raw = Buffer.from(body, 'utf8');
      await act(new ReceiveWebhookCommand({ provider, gatewayId: gateways[provider], headers, body: raw }));
    }
    await work();
  };
  const work = async (): Promise<void> => {
    const open = `select id from payments.provider_events where state = 'received' order by id`;
    for (const { id } of await desk.rows<{ id: string }>(open)) await act(new ProcessProviderEventCommand(id));
    await desk.worker.drain();
  };
  const about = (disputeId: string) => stripe.events.filter(({ data }) => data.object.id === disputeId);
  const bought = async (type: string, token: string): Promise<{ order: OrderView; paymentId: string }> => {
    await desk.product('LAMP', 4900, 5);
    const paymentMethod = { type, token };
    const { order, payment } = await desk.checkout(await desk.cart(['LAMP', 1]), 'success', { paymentMethod });
    return { order, paymentId: payment!.id };
  };
  const uploaded = async (content: string, name: string): Promise<string> => {
    const files = Readable.from([{ name, declared: null, content: Readable.from([Buffer.from(content)]) }]);
    return (await act<{ id: string }>(new StoreFileCommand({ files, keep: false }))).id;
  };
  const inspected = async (): Promise<void> => {
    const blobs = await desk.rows<{ id: string }>('select id from files.blobs');
    for (const { id } of blobs) await act(new InspectBlobCommand(id));
  };
  const intentAt = async (): Promise<string> =>
    (await desk.rows<{ id: string }>('select provider_payment_id as id from payments.attempts'))[0].id;

  beforeAll(async () => {
    const [stripeBase, paypalBase] = [await stripe.listen(), await paypal.listen()];
    const env = { STRIPE_API_BASE: stripeBase, PAYPAL_API_BASE: paypalBase, MAINSTAY_GATEWAY_TIMEOUT_MS: '5000' };
    desk = await OrderDesk.start(env, [LedgerModule, FilesModule]);
  }, 60_000);
  afterAll(async () => {
    await desk?.app.close();
    await Promise.all([stripe.close(), paypal.close()]);
    expect([...stripe.refused, ...paypal.refused]).toEqual([]);
  });
  beforeEach(async () => {
    desk.open();
    const keys = { secretKey: `sk_test_${'k'.repeat(24)}`, webhookSecret: SECRET };
    const client = { clientId: 'client-of-the-double', clientSecret: 'secret-of-the-double', webhookId: WEBHOOK };
    gateways = {
      stripe: await act(new OpenGatewayCommand({ provider: 'stripe', credentials: keys })),
      paypal: await act(new OpenGatewayCommand({ provider: 'paypal', credentials: client, testMode: true })),
    };
  });
  afterEach(() => clock.setOffset(0));

  it('of Stripe: whatever comes late or twice, the money is booked once, and what is lost is a loss', async () => {
    const { order, paymentId } = await bought('card', 'pm_card_visa');
    const before = await balances();
    const { id: theirs } = stripe.books.dispute(await intentAt());
    // The last first, each twice.
    await tell(
      about(theirs)
        .flatMap((event) => [event, event])
        .reverse(),
    );
    const opened = await only();
    expect(opened).toMatchObject({
      status: 'needs_response',
      amount: order.total,
      reason: 'fraudulent',
      movements: [{ kind: 'withdrawn', amount: order.total, fee: { amount: 1500 } }],
    });
    expect(await desk.find(order.id)).toMatchObject({ status: 'on_hold' });
    const held = await balances();
    expect(held).toMatchObject({ '1400': 4900, '5200': before['5200'] + 1500 });
    await expect(act(new CreateRefundCommand({ paymentId, amount: 1 }))).rejects.toThrow(
      refused('payments.charge-disputed'),
    );

    await expect(act(new SubmitEvidenceCommand(opened.id))).rejects.toThrow(refused('payments.evidence-missing'));
    await act(
      new SaveEvidenceCommand(opened.id, { customerName: 'Sasha', shippingTrackingNumber: '1Z', serviceDate: 'x' }),
    );
    await act(new SaveEvidenceCommand(opened.id, { serviceDate: null, customerName: undefined }));
    const [receipt, note] = [await uploaded(PDF, 'receipt.pdf'), await uploaded('Dear bank', 'letter.txt')];
    const put = (fileId: string | null, kind: EvidenceFileKind = 'receipt') =>
      act<DisputeDetails>(new PutEvidenceFilesCommand(opened.id, [{ kind, fileId }]));
    await expect(put(note)).rejects.toThrow(refused('payments.evidence-file-type'));
    await expect(put(newId())).rejects.toThrow(refused('files.file-not-found'));
    await put(receipt, 'shippingDocumentation');
    expect(await put(receipt)).toMatchObject({
      files: [{ kind: 'receipt', name: 'receipt.pdf' }, { fileId: receipt }],
    });
    expect((await put(null, 'shippingDocumentation')).files).toHaveLength(1);
    // Nobody has looked into it yet: it cannot be sent to anybody, and the dispute still asks for its answer.
    await expect(act(new SubmitEvidenceCommand(opened.id))).rejects.toThrow(
      refused('payments.evidence-file-not-clean'),
    );
    await inspected();
    await expect(act(new DeleteFileCommand(receipt))).rejects.toThrow(refused('files.in-use'));
    const both = await Promise.allSettled([1, 2].map(() => act(new SubmitEvidenceCommand(opened.id))));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(stripe.books.disputes.get(theirs)).toMatchObject({
      status: 'under_review',
      evidence: { customer_name: 'Sasha', shipping_tracking_number: '1Z', receipt: [...stripe.files.keys()][0] },
    });
    expect([...stripe.files.values()]).toEqual([
      { name: 'receipt.pdf', type: 'application/pdf', content: Buffer.from(PDF) },
    ]);
    expect(await only()).toMatchObject({ status: 'under_review', submissions: 1 });
    await expect(act(new AcceptDisputeCommand(opened.id))).rejects.toThrow(refused('payments.dispute-not-open'));

    stripe.books.closeDispute(theirs, 'lost');
    await tell([...about(theirs).slice(2).reverse(), ...about(theirs)]);
    expect(await only()).toMatchObject({ status: 'lost', movements: [{ kind: 'withdrawn' }] });
    const { '1400': claim, ...lost } = await balances();
    expect(claim).toBeUndefined();
    expect(lost).toMatchObject({ '5300': 4900, '1100': before['1100'] - 4900 - 1500 });
    const kinds = await desk.rows<{ kind: string }>('select kind from orders.order_entries order by at, id');
    expect(kinds.map(({ kind }) => kind)).toEqual(['disputed', 'held', 'dispute_closed']);
  });

  it('of PayPal: an inquiry takes nothing, a chargeback does, and what is won comes back', async () => {
    const { paymentId, order } = await bought('paypal', 'new');
    paypal.approve(await intentAt());
    await desk.run(() => desk.commands.execute(new CompleteReturnCommand(paymentId)));
    const before = await balances();
    const { dispute_id: theirs } = paypal.dispute(await intentAt(), 'INQUIRY');
    const told = paypal.events.length - 1;
    await tell(paypal.events.slice(told), 'paypal');
    expect(await only()).toMatchObject({ status: 'warning_needs_response', movements: [] });
    expect(await desk.find(order.id)).toMatchObject({ status: 'paid' });
    expect(await balances()).toEqual(before);
    // An inquiry is best met by a refund.
    await act(new CreateRefundCommand({ paymentId, amount: 100 }));
    paypal.escalate(theirs);
    await tell(paypal.events.slice(told), 'paypal');
    const { id } = await only();
    expect(await only()).toMatchObject({ status: 'needs_response', movements: [{}, { fee: { amount: 2000 } }] });
    await act(
      new SaveEvidenceCommand(id, { shippingCarrier: 'CTT', shippingTrackingNumber: 'RR1', uncategorizedText: 'A' }),
    );
    expect(await act(new SubmitEvidenceCommand(id))).toMatchObject({ status: 'under_review' });
    expect(paypal.disputes.get(theirs)!.evidences).toMatchObject([
      { evidence_type: 'PROOF_OF_FULFILLMENT', notes: 'A' },
    ]);
    paypal.resolve(theirs, 'RESOLVED_SELLER_FAVOUR');
    await tell(paypal.events.slice(told).reverse(), 'paypal');
    expect(await only()).toMatchObject({ status: 'won' });
    const { '1400': claim, '5300': loss, ...won } = await balances();
    expect([claim, loss]).toEqual([undefined, undefined]);
    // Its fee PayPal keeps.
    expect(won).toMatchObject({ '1100': before['1100'] - 2000, '5200': before['5200'] + 2000 });
  });

  it('of the sandbox: staff is reminded in time, an answer ends it, and giving in is final', async () => {
    const { order } = await bought('sandbox', 'disputed');
    const [{ id: theirs }] = await desk.rows<{ id: string }>(`select 'sbd_' || id as id from sandbox.disputes`);
    await notice(theirs);
    const { id } = await only();
    const near = async (days: number): Promise<number> => {
      clock.setOffset(days * DAY);
      await desk.worker.drain();
      const said = `select 1 from kernel.events where type = 'payments.dispute-deadline-near.v1'`;
      return (await desk.rows(said)).length;
    };
    expect([await near(3), await near(4.1), await near(6.1)]).toEqual([0, 1, 2]);
    const accepted = await act<DisputeDetails>(new AcceptDisputeCommand(id));
    expect(accepted).toMatchObject({ status: 'lost', closedAt: expect.any(String) });
    expect(await near(9)).toBe(2);
    expect(await balances()).toMatchObject({ '5300': order.total.amount, '5200': 1500 });

    desk.open();
    await bought('sandbox', 'disputed');
    const [again] = await desk.rows<{ id: string }>(`select 'sbd_' || id as id from sandbox.disputes`);
    await notice(again.id);
    const other = await only();
    await act(new SaveEvidenceCommand(other.id, { uncategorizedText: 'winning_evidence' }));
    expect(await act(new SubmitEvidenceCommand(other.id))).toMatchObject({ status: 'won', movements: [{}, {}] });
    await act(new LookAtDisputeCommand(other.id));
    expect(Object.keys(await balances())).toEqual(['1100', '2100']);
  });

  /** What the sandbox's webhook about a dispute does. */
  const notice = async (objectId: string): Promise<void> => {
    await desk.asStaff(() =>
      desk.app.get(UnitOfWork).run((tx) =>
        tx.execute(
          `insert into payments.provider_events (tenant_id, id, gateway_id, provider, event_id, kind, type, object_id, payload, state, received_at)
           select $1, gen_random_uuid(), id, 'sandbox', 'e', 'dispute', 'dispute.opened', $2, '{}', 'received', kernel.now()
           from payments.gateways where tenant_id = $1 and provider = 'sandbox'`,
          [tx.tenantId, objectId],
        ),
      ),
    );
    await work();
  };

  const period = () => ({
    from: new Date(clock.nowMs() - 3_600_000).toISOString(),
    to: clock.now().toISOString(),
  });
  /** Asks for the report of the last hour, and compares it. */
  const reconcile = async (gatewayId: string, of = period()): Promise<ReconciliationView> => {
    const { id } = await act<ReconciliationView>(new ReconcileCommand({ gatewayId, ...of }));
    await act(new RunReconciliationCommand(id));
    await desk.worker.drain();
    return ask(new FindReconciliationQuery(id));
  };
  const rowsOf = async (id: string) => {
    const query = new ListReconciliationRowsQuery(id, { limit: 50 } as never);
    return (await ask<{ data: ReconciliationRowView[] }>(query)).data;
  };

  /** A shop of its own at a Stripe of its own, with four lamps sold. */
  const atStripe = async (work: (own: StripeDouble, gatewayId: string, paymentId: string) => Promise<void>) => {
    desk.open();
    const own = new StripeDouble();
    const credentials = { secretKey: `sk_test_${'k'.repeat(24)}`, webhookSecret: SECRET };
    const apiBase = await own.listen();
    gateways.stripe = await act(new OpenGatewayCommand({ provider: 'stripe', credentials, apiBase }));
    const { paymentId } = await bought('card', 'pm_card_visa');
    const cards = { paymentMethod: { type: 'card', token: 'pm_card_visa' } };
    for (let i = 0; i < 3; i++) await desk.checkout(await desk.cart(['LAMP', 1]), 'success', cards);
    const { id: refundId } = await act<{ id: string }>(new CreateRefundCommand({ paymentId, amount: 900 }));
    await act(new RefundChargeCommand(refundId));
    await work(own, gateways.stripe, paymentId).finally(() => own.close());
    expect(own.refused).toEqual([]);
  };

  it('and all else that a provider reports is in the books, once: the ledger’s sum is the provider’s', () =>
    atStripe(async (own, gatewayId) => {
      const [, second] = own.books.payments.values();
      const { id: dispute } = own.books.dispute(second.id);
      own.books.closeDispute(dispute, 'lost');
      await tell(own.events.filter(({ data }) => data.object.id === dispute));
      const payout = own.books.payOut('eur');
      const of = period();
      const done = await reconcile(gatewayId, of);
      const none = { missingHere: 0, missingThere: 0, amountDiffers: 0, open: 0 };
      expect(done).toMatchObject({ status: 'done', runs: 1, matched: 6, ...none });
      const lines = own.books.balance({}) as { amount: number; fee: number }[];
      const books = await balances();
      expect(books['1100']).toBe(lines.reduce((sum, { amount, fee }) => sum + amount - fee, 0));
      expect(books['1000']).toBe(payout.amount);
      expect(await ask(new ListPayoutsQuery({ limit: 5 } as never))).toMatchObject({
        data: [{ providerPayoutId: payout.id, amount: { amount: payout.amount } }],
      });
      const [{ id: payoutId }] = (await ask<{ data: { id: string }[] }>(new ListPayoutsQuery({ limit: 5 } as never)))
        .data;
      const { status, lines: made } = await ask<PayoutDetails>(new FindPayoutQuery(payoutId));
      expect([status, made!.reduce((sum, { amount, fee }) => sum + amount.amount - fee.amount, 0)]).toEqual([
        'paid',
        payout.amount,
      ]);
      await expect(ask(new FindPayoutQuery(gatewayId))).rejects.toThrow(refused('payments.payout-not-found'));
      expect(await reconcile(gatewayId, of)).toMatchObject({ id: done.id, runs: 2, matched: 6, ...none });
      expect(await balances()).toEqual(books);
    }));

  it('and what the two sides say differently is told, one by one, and can be resolved', () =>
    atStripe(async (own, gatewayId, paymentId) => {
      const before = await balances();
      const [first, second, third] = [...own.books.payments.values()];
      own.books.create({ amount: 777, currency: 'eur', payment_method: 'pm_card_visa', confirm: true });
      own.books.payments.delete(second.id);
      const chargeOf = (one: typeof first) =>
        one.latest_charge as { amount_captured: number; balance_transaction: { fee: number } };
      chargeOf(third).amount_captured += 1;
      chargeOf(first).balance_transaction.fee += 10;
      const of = period();
      const { id, ...sums } = await reconcile(gatewayId, of);
      expect(sums).toMatchObject({ matched: 3, missingHere: 1, missingThere: 1, amountDiffers: 1, open: 3 });
      const rows = await rowsOf(id);
      const row = (status: string) => rows.find((one) => one.status === status)!;
      expect(row('missing_here')).toMatchObject({ paymentId: null, expected: null, reported: { amount: 777 } });
      expect(row('missing_there')).toMatchObject({ kind: 'charge', expected: { amount: 4900 }, reported: null });
      expect(row('amount_differs')).toMatchObject({ expected: { amount: 4900 }, reported: { amount: 4901 } });
      // The fee was another than the one that was told with the charge.
      expect((await balances())['5200']).toBe(before['5200'] + 10);
      await act(new ResolveReconciliationRowCommand(id, row('missing_here').id, 'The till.'));
      const matched = rows.find((one) => one.status === 'matched' && one.paymentId === paymentId)!;
      await expect(act(new ResolveReconciliationRowCommand(id, matched.id, 'x'))).rejects.toThrow(
        refused('payments.reconciliation-row-not-found'),
      );
      expect(await reconcile(gatewayId, of)).toMatchObject({ runs: 2, missingHere: 1, open: 2 });
      expect((await rowsOf(id)).find(({ note }) => note === 'The till.')).toMatchObject({ status: 'missing_here' });
      expect((await balances())['5200']).toBe(before['5200'] + 10);
      const late = { ...of, to: new Date(clock.nowMs() + 60_000).toISOString() };
      await expect(reconcile(gatewayId, late)).rejects.toThrow(refused('payments.period-invalid'));
      // From the first time on, each morning compares the day before.
      clock.setOffset(2 * DAY);
      await desk.worker.drain();
      expect(await desk.rows('select 1 from payments.reconciliations')).toHaveLength(2);
    }));

  it('is compared with PayPal’s transactions and with the sandbox’s alike', async () => {
    const { paymentId } = await bought('paypal', 'new');
    const orderId = await intentAt();
    paypal.approve(orderId);
    await desk.run(() => desk.commands.execute(new CompleteReturnCommand(paymentId)));
    const { id } = await act<{ id: string }>(new CreateRefundCommand({ paymentId, amount: 100 }));
    await act(new RefundChargeCommand(id));
    const told = paypal.events.length;
    paypal.dispute(orderId);
    await tell(paypal.events.slice(told), 'paypal');
    await desk.checkout(await desk.cart(['LAMP', 1]), 'success');
    const { missingHere } = await reconcile(gateways.paypal);
    // The double serves every shop of these tests.
    const mine = (
      await ask<{ data: ReconciliationRowView[] }>(
        new ListReconciliationRowsQuery(
          (await ask<{ data: { id: string }[] }>(new ListReconciliationsQuery({ limit: 1 } as never))).data[0].id,
          { limit: 50, status: ['matched'] } as never,
        ),
      )
    ).data.map(({ kind, reported }) => `${kind} ${reported!.amount}`);
    expect(mine.sort()).toEqual(['charge 4900', 'dispute -4900', 'refund -100']);
    expect(missingHere).toBeGreaterThan(0);
    const [sandbox] = await desk.rows<{ id: string }>(`select id from payments.gateways where provider = 'sandbox'`);
    expect(await reconcile(sandbox.id)).toMatchObject({ matched: 1, open: 0 });
  });

  it('move along their table of edges alone, in the code and in the database, and not back by an old report', async () => {
    const states = Object.keys(DISPUTE_EDGES) as DisputeState[];
    const pairs = states.flatMap((was) => states.map((becomes) => ({ was, becomes })));
    const found = await desk.rows<{ was: DisputeState; becomes: DisputeState; ok: boolean }>(
      `select x.was, x.becomes, payments.dispute_edge_allowed(x.was, x.becomes) as ok
       from json_to_recordset($1::json) as x(was text, becomes text)`,
      [JSON.stringify(pairs)],
    );
    for (const { was, becomes, ok } of found)
      expect(`${was} → ${becomes}: ${ok}`).toBe(`${was} → ${becomes}: ${DISPUTE_EDGES[was].includes(becomes)}`);
    const at = (day: number | null) => (day === null ? null : new Date(day * DAY * 1000));
    const after = (was: DisputeState, becomes: DisputeState, due: [number | null, number | null] = [1, 1]) =>
      stateAfter({ state: was, evidenceDueAt: at(due[0]) }, { state: becomes, evidenceDueAt: at(due[1]) });
    expect(after('lost', 'needs_response')).toBeNull();
    expect(after('under_review', 'needs_response')).toBeNull();
    expect(after('under_review', 'needs_response', [1, 5])).toBe('needs_response');
    expect(after('warning_closed', 'needs_response')).toBe('needs_response');
  });
});
