import { Readable } from 'node:stream';
import { clock } from '../../src/kernel/clock/clock';
import { InspectBlobCommand } from '../../src/engagement/files/commands/inspect-blob';
import { StoreFileCommand } from '../../src/engagement/files/commands/store-file';
import {
  AcceptDisputeCommand,
  SaveEvidenceCommand,
  SubmitEvidenceCommand,
} from '../../src/money/payments/commands/answer-dispute';
import { PutEvidenceFilesCommand } from '../../src/money/payments/commands/evidence-files';
import { LookAtDispute } from '../../src/money/payments/jobs/look-at-dispute';
import type { DisputeDetails } from '../../src/money/payments/queries/disputes';
import { killedAt } from '../support/killed-payment';
import { SettlementDesk } from '../support/settlement-desk';

const PDF = '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n';
const SUBMIT = 'POST /v1/disputes/:id';

describe('answers to disputes of which nobody heard', () => {
  let settlements: SettlementDesk;
  let stripe: SettlementDesk['stripe'];
  let paypal: SettlementDesk['paypal'];
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => settlements.act(command);
  const submit = (id: string) => act<DisputeDetails>(new SubmitEvidenceCommand(id));
  const say = (id: string, uncategorizedText: string) => act(new SaveEvidenceCommand(id, { uncategorizedText }));

  beforeAll(async () => {
    settlements = await SettlementDesk.start();
    ({ stripe, paypal } = settlements);
  }, 60_000);
  afterAll(() => settlements?.stop());
  beforeEach(() => settlements.open());
  afterEach(() => clock.setOffset(0));

  /** A dispute that asks for its answer, with evidence put by. @returns its id here and at Stripe */
  const disputed = async (): Promise<{ id: string; theirs: string }> => {
    const { paymentId } = await settlements.bought('card', 'pm_card_visa');
    const { id: theirs } = stripe.books.dispute(await settlements.providerIdOf(paymentId));
    await settlements.tell(stripe.events.filter(({ data }) => data.object.id === theirs));
    const { id } = await settlements.only();
    await say(id, 'first');
    return { id, theirs };
  };
  /** How often Stripe was asked to take an answer. */
  const asked = (path: string): number => stripe.requests.filter((line) => line === `POST /v1/disputes/${path}`).length;
  const answering = async (id: string): Promise<string | null> =>
    (
      await settlements.desk.rows<{ answering: string | null }>(
        'select answering from payments.disputes where id = $1',
        [id],
      )
    )[0].answering;
  /** Lets the timers fire of this moment, and asks the provider once for each that wants it. */
  const look = async (seconds: number): Promise<number> => {
    clock.setOffset(seconds);
    await settlements.desk.worker.drain();
    const jobs = await settlements.desk.rows<{ payload: { disputeId: string } }>(
      `select payload from kernel.deliveries where tenant_id = kernel.tenant_id() and kind = 'job' and name = 'payments.look-at-dispute'`,
    );
    for (const { payload } of jobs)
      await settlements.desk.asStaff(() => settlements.desk.app.get(LookAtDispute).run(payload));
    return jobs.length;
  };

  it('that Stripe answers with 500, also to the same key again, are given anew under a key of their own', async () => {
    const { id, theirs } = await disputed();
    stripe.failNext = { operation: SUBMIT, how: 'error' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    expect(asked(theirs)).toBe(2);
    // Its time is not over: nothing that concerns it is taken.
    const meanwhile: object[] = [
      new SubmitEvidenceCommand(id),
      new AcceptDisputeCommand(id),
      new SaveEvidenceCommand(id, { customerName: 'Sasha' }),
      new PutEvidenceFilesCommand(id, [{ kind: 'receipt', fileId: null }]),
    ];
    clock.setOffset(59);
    for (const command of meanwhile)
      await expect(act(command)).rejects.toThrow(refused('payments.dispute-being-answered'));
    // Before anybody has looked the try keeps its key, and Stripe the error.
    clock.setOffset(61);
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    expect(await settlements.only()).toMatchObject({ submissions: 1 });
    // The first look finds the second try under way.
    expect(await look(66)).toBe(1);
    expect(await answering(id)).toBe('submit');
    expect(await look(61 + 66)).toBe(2);
    expect(await answering(id)).toBeNull();
    expect(await submit(id)).toMatchObject({ status: 'under_review', submissions: 2 });
    expect(stripe.books.disputes.get(theirs)!.evidence).toEqual({ uncategorized_text: 'first' });
  });

  it('are given anew as they are edited since, with another file', async () => {
    const { id, theirs } = await disputed();
    const put = async (content: string): Promise<void> => {
      const files = Readable.from([{ name: 'r.pdf', declared: null, content: Readable.from([Buffer.from(content)]) }]);
      const { id: fileId } = await act<{ id: string }>(new StoreFileCommand({ files, keep: false }));
      for (const blob of await settlements.desk.rows<{ id: string }>('select id from files.blobs'))
        await act(new InspectBlobCommand(blob.id));
      await act(new PutEvidenceFilesCommand(id, [{ kind: 'receipt', fileId }]));
    };
    await put(PDF);
    stripe.failNext = { operation: SUBMIT, how: 'error' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    clock.setOffset(61);
    await put(`${PDF}2`);
    stripe.failNext = { operation: 'POST /v1/files', how: 'error' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    clock.setOffset(122);
    await say(id, 'second');
    expect(await submit(id)).toMatchObject({ status: 'under_review', submissions: 3 });
    const { receipt, uncategorized_text: text } = stripe.books.disputes.get(theirs)!.evidence;
    expect([text, String(stripe.files.get(receipt)!.content)]).toEqual(['second', `${PDF}2`]);
  });

  it('that arrived although nobody heard so are known once the provider is asked', async () => {
    const { id, theirs } = await disputed();
    stripe.failNext = { operation: SUBMIT, how: 'lost' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    expect(await settlements.only()).toMatchObject({ status: 'needs_response' });
    expect(await look(66)).toBe(1);
    expect(await settlements.only()).toMatchObject({ status: 'under_review', submissions: 1 });
    expect(await answering(id)).toBeNull();
    await expect(submit(id)).rejects.toThrow(refused('payments.dispute-not-open'));
    const told = stripe.events.filter(
      ({ type, data }) => type === 'charge.dispute.updated' && data.object.id === theirs,
    );
    expect(told).toHaveLength(1);
  });

  it('that give in are given anew, too', async () => {
    const { id, theirs } = await disputed();
    stripe.failNext = { operation: 'POST /v1/disputes/:id/close', how: 'error' };
    await expect(act(new AcceptDisputeCommand(id))).rejects.toThrow(refused('payments.gateway-silent'));
    expect(await look(66)).toBe(1);
    expect(await act(new AcceptDisputeCommand(id))).toMatchObject({ status: 'lost' });
    expect(asked(`${theirs}/close`)).toBe(3);
  });

  it('of a process that is killed before it asked are given by the next', async () => {
    const { id, theirs } = await disputed();
    const { app, tenant } = settlements.desk;
    const ended = await killedAt('dispute.after-t1', [tenant, 'submit-evidence', id], app.database, {
      STRIPE_API_BASE: stripe.url,
    });
    expect(ended).toEqual(['SIGKILL', '']);
    expect([await answering(id), asked(theirs)]).toEqual(['submit', 0]);
    await expect(submit(id)).rejects.toThrow(refused('payments.dispute-being-answered'));
    expect(await look(66)).toBe(1);
    expect(await submit(id)).toMatchObject({ status: 'under_review', submissions: 2 });
    expect(asked(theirs)).toBe(1);
  });

  it('of PayPal, too, whether the evidence arrived or not', async () => {
    const { paymentId } = await settlements.bought('paypal', 'new');
    const { dispute_id: theirs } = paypal.dispute(await settlements.approved(paymentId));
    await settlements.tell(paypal.events.slice(-1), 'paypal');
    const { id } = await settlements.only();
    await say(id, 'first');
    paypal.failNext = { path: /provide-evidence$/, how: 'error' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    clock.setOffset(61);
    await say(id, 'second');
    paypal.failNext = { path: /provide-evidence$/, how: 'lost' };
    await expect(submit(id)).rejects.toThrow(refused('payments.gateway-silent'));
    expect(await look(61 + 66)).toBe(2);
    expect(await settlements.only()).toMatchObject({ status: 'under_review', submissions: 2 });
    expect(paypal.disputes.get(theirs)!.evidences).toMatchObject([{ notes: 'second' }]);
  });
});
