import { Readable } from 'node:stream';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeleteFileCommand } from '../../src/engagement/files/commands/delete-file';
import { InspectBlobCommand } from '../../src/engagement/files/commands/inspect-blob';
import { StoreFileCommand } from '../../src/engagement/files/commands/store-file';
import {
  AcceptDisputeCommand,
  SaveEvidenceCommand,
  SubmitEvidenceCommand,
} from '../../src/money/payments/commands/answer-dispute';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { PutEvidenceFilesCommand } from '../../src/money/payments/commands/evidence-files';
import { LookAtDisputeCommand } from '../../src/money/payments/contracts/look-at-dispute';
import {
  DISPUTE_EDGES,
  stateAfter,
  type DisputeState,
  type EvidenceFileKind,
} from '../../src/money/payments/domain/dispute';
import type { DisputeDetails } from '../../src/money/payments/queries/disputes';
import type { OrderDesk } from '../support/order-desk';
import { SettlementDesk } from '../support/settlement-desk';

const DAY = 86_400;
const PDF = '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n';

describe('disputes', () => {
  let settlements: SettlementDesk;
  let desk: OrderDesk;
  let stripe: SettlementDesk['stripe'];
  let paypal: SettlementDesk['paypal'];
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => settlements.act(command);
  const only = () => settlements.only();
  const balances = () => settlements.balances();
  const tell = (...given: Parameters<SettlementDesk['tell']>) => settlements.tell(...given);
  const bought = (type: string, token: string) => settlements.bought(type, token);
  const about = (disputeId: string) => stripe.events.filter(({ data }) => data.object.id === disputeId);
  const uploaded = async (content: string, name: string): Promise<string> => {
    const files = Readable.from([{ name, declared: null, content: Readable.from([Buffer.from(content)]) }]);
    return (await act<{ id: string }>(new StoreFileCommand({ files, keep: false }))).id;
  };
  const inspected = async (): Promise<void> => {
    const blobs = await desk.rows<{ id: string }>('select id from files.blobs');
    for (const { id } of blobs) await act(new InspectBlobCommand(id));
  };

  beforeAll(async () => {
    settlements = await SettlementDesk.start();
    ({ desk, stripe, paypal } = settlements);
  }, 60_000);
  afterAll(() => settlements?.stop());
  beforeEach(() => settlements.open());
  afterEach(() => clock.setOffset(0));

  it('of Stripe: whatever comes late or twice, the money is booked once, and what is lost is a loss', async () => {
    const { order, paymentId } = await bought('card', 'pm_card_visa');
    const before = await balances();
    const { id: theirs } = stripe.books.dispute(await settlements.providerIdOf(paymentId));
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
    const atPayPal = await settlements.approved(paymentId);
    const before = await balances();
    const { dispute_id: theirs } = paypal.dispute(atPayPal, 'INQUIRY');
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
    const files = [
      { kind: 'shippingDocumentation' as const, fileId: await uploaded(PDF, 'ctt “signed”.pdf') },
      { kind: 'receipt' as const, fileId: await uploaded(`${PDF}2`, 'receipt.pdf') },
    ];
    await act(new PutEvidenceFilesCommand(id, files));
    await inspected();
    expect(await act(new SubmitEvidenceCommand(id))).toMatchObject({ status: 'under_review' });
    const names = ['ctt “signed”.pdf', 'receipt.pdf'];
    expect(paypal.disputes.get(theirs)!.evidences).toMatchObject([
      {
        evidence_type: 'PROOF_OF_FULFILLMENT',
        notes: 'A',
        documents: expect.arrayContaining(names.map((name) => ({ name }))),
      },
    ]);
    expect(paypal.files.map(({ name, type, content }) => [name, type, content.toString()]).sort()).toEqual([
      [names[0], 'application/pdf', PDF],
      [names[1], 'application/pdf', `${PDF}2`],
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
    await settlements.work();
  };

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
