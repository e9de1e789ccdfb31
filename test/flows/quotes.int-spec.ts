import { QueryBus } from '@nestjs/cqrs';
import { quotePdf } from '../../src/commerce/orders/adapters/quote-pdf';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import {
  AcceptQuoteCommand,
  DeclineQuoteCommand,
  WithdrawQuoteCommand,
  type AcceptedQuote,
} from '../../src/commerce/orders/commands/decide-quote';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import {
  CreateQuoteCommand,
  RewriteQuoteCommand,
  SendQuoteCommand,
  type QuoteRequest,
} from '../../src/commerce/orders/commands/write-quote';
import { CustomerQuote, QUOTE_EDGES, type QuoteState } from '../../src/commerce/orders/domain/customer-quote';
import { readQuoteLink } from '../../src/commerce/orders/domain/quote-link';
import type { QuoteView } from '../../src/commerce/orders/domain/quote-view';
import { QuotePageController } from '../../src/commerce/orders/http/quote-page.controller';
import { QuotePaperQuery, type QuotePaper } from '../../src/commerce/orders/queries/quote-paper';
import { FindQuoteQuery, ListQuotesQuery, QuoteByLinkQuery } from '../../src/commerce/orders/queries/quotes';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { quoteRace } from '../scenarios/sales-races';
import { ADDRESS, OrderDesk } from '../support/order-desk';
import { skewed } from '../support/skew';

describe('quotes', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const request = (more: Partial<QuoteRequest> = {}): QuoteRequest => ({
    email: 'sasha@example.com',
    shippingAddress: ADDRESS,
    lines: [{ sku: 'A', quantity: 2 }],
    validDays: 10,
    ...more,
  });
  const make = (more?: Partial<QuoteRequest>) => act<QuoteView>(new CreateQuoteCommand(request(more)));
  /** Sends a quote. @returns the word in the mailed link */
  const send = async (quoteId: string): Promise<string> => {
    await act(new SendQuoteCommand(quoteId));
    const [mail] = await desk.rows<{ data: { linkToken: string } }>(
      `select data from notifications.messages where template = 'quote' order by id desc limit 1`,
    );
    return mail.data.linkToken;
  };
  const accept = (quoteId: string, token?: string) => act<AcceptedQuote>(new AcceptQuoteCommand({ quoteId, token }));
  const find = (id: string) => ask<QuoteView>(new FindQuoteQuery(id));

  beforeAll(async () => {
    desk = await OrderDesk.start({}, [NotificationsModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    await desk.product('A', 1000, 5);
    await desk.product('B', 300, 5);
  });
  afterEach(() => clock.setOffset(0));

  it('are priced, mailed with a link, and become an order at their prices, which is paid', async () => {
    const rates = [{ country: 'PT', category: 'standard', name: 'VAT', basisPoints: 2300 }];
    const settings = {
      pricesIncludeTax: false,
      inclusiveRounding: 'net',
      shippingTaxCategory: 'standard',
      defaultCountry: null,
      taxRates: rates,
    };
    await act(new SaveCheckoutSettingsCommand(settings as never, null));
    const draft = await make({
      lines: [
        { sku: 'A', quantity: 2, unitPrice: 900 },
        { sku: 'B', quantity: 1 },
      ],
      discount: 100,
      shipping: 500,
      note: 'As spoken about.',
    });
    // (18.00 + 3.00 − 1.00 + 5.00) × 1.23
    expect(draft).toMatchObject({
      number: 'Q-00001',
      status: 'draft',
      total: { amount: 3075, currency: 'EUR' },
      discountTotal: { amount: 100 },
      taxTotal: { amount: 575 },
    });
    expect((await make()).number).toBe('Q-00002');
    const { id } = draft;
    await expect(accept(id)).rejects.toThrow(refused('orders.quote-transition-refused'));
    const link = await send(id);
    const { tenantId, token } = readQuoteLink(link)!;
    expect(tenantId).toBe(desk.tenant);
    await desk.rows(`update catalog.variants set price_amount = price_amount * 3`);
    await expect(accept(id, `${token}x`)).rejects.toThrow(refused('orders.quote-not-found'));
    const { order, accessToken } = await accept(id, token);
    expect(order).toMatchObject({
      status: 'pending_payment',
      total: { amount: 3075 },
      origin: { kind: 'quote', id },
      email: 'sasha@example.com',
    });
    expect(accessToken).toMatch(/^ot_/);
    expect((await desk.stock('A')).reserved).toBe(2);
    expect((await desk.pay(order.id)).payment!.amount.amount).toBe(3075);
    expect(await find(id)).toMatchObject({ status: 'accepted', orderId: order.id });
    await expect(accept(id, token)).rejects.toThrow(refused('orders.quote-transition-refused'));
    const [mail] = await desk.rows<{ text: string }>(
      `select data::text as text from notifications.messages where template = 'quote'`,
    );
    expect(mail.text).toContain('Q-00001');
    const paper = await ask<QuotePaper>(new QuotePaperQuery(id, token));
    expect((await quotePdf(paper)).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('become one order, however many accept, and none beyond the stock', async () => {
    const refusals = ['orders.quote-transition-refused'];
    expect(await quoteRace(desk)).toEqual({ done: 1, refused: refusals, orders: 1, reserved: 2 });
    desk.open();
    await desk.product('A', 1000, 3);
    await desk.product('B', 300, 5);
    const second = await make({ lines: [{ sku: 'A', quantity: 4 }] });
    const other = readQuoteLink(await send(second.id))!;
    await expect(accept(second.id, other.token)).rejects.toThrow(refused('inventory.out-of-stock'));
    expect((await find(second.id)).status).toBe('sent');
    // Raced by its withdrawal it is either an order or taken back.
    const third = await make({ lines: [{ sku: 'B', quantity: 1 }] });
    await send(third.id);
    await Promise.allSettled([accept(third.id), act(new WithdrawQuoteCommand(third.id))]);
    const { status, orderId } = await find(third.id);
    expect((await desk.rows(`select id from orders.orders where origin_id = $1`, [third.id])).length).toBe(
      status === 'accepted' ? 1 : 0,
    );
    expect(orderId !== null).toBe(status === 'accepted');
    // An order that is given up does not bring its quote back.
    if (orderId) await act(new CancelOrderCommand({ orderId, reason: 'staff' }));
    expect((await find(third.id)).status).toBe(status);
  });

  it('end by themselves, also before their job has come round; sent again the link of before opens nothing', async () => {
    const { id } = await make();
    const before = readQuoteLink(await send(id))!;
    const now = readQuoteLink(await send(id))!;
    const open = (token: string) => ask<QuoteView | null>(new QuoteByLinkQuery(desk.tenant, token));
    expect(await open(before.token)).toBeNull();
    expect((await open(now.token))?.id).toBe(id);
    expect(await ask(new QuoteByLinkQuery(newId(), now.token))).toBeNull();
    clock.setOffset(10 * 86_400 + 1);
    expect((await find(id)).status).toBe('expired');
    await expect(accept(id, now.token)).rejects.toThrow(refused('orders.quote-ended'));
    await desk.worker.drain();
    expect(await desk.rows('select status from orders.quotes')).toEqual([{ status: 'expired' }]);
    await expect(act(new SendQuoteCommand(id))).rejects.toThrow(refused('orders.quote-transition-refused'));
    const listed = await ask<{ data: QuoteView[] }>(new ListQuotesQuery({ limit: 5, status: ['expired'] } as never));
    expect(listed.data.map((quote) => quote.id)).toEqual([id]);
  });

  it.each([600, -600])('end by the clock of the database, that of this process being %s s ahead', async (seconds) => {
    const { id } = await make();
    await send(id);
    const statusAt = async (time: number): Promise<string> => {
      clock.setOffset(time);
      await skewed(seconds, () => desk.worker.drain());
      return (await desk.rows<{ status: string }>('select status from orders.quotes'))[0].status;
    };
    expect(await statusAt(10 * 86_400 - 300)).toBe('sent');
    expect(await statusAt(10 * 86_400 + 300)).toBe('expired');
  });

  it('are written anew while nobody saw them, and refused where they make no sense', async () => {
    const { id } = await make();
    expect(
      await act(new RewriteQuoteCommand(id, request({ lines: [{ sku: 'B', quantity: 5 }], discount: 1500 }))),
    ).toMatchObject({ total: { amount: 0 }, number: 'Q-00001' });
    for (const [more, code] of [
      [{ discount: 2001 }, 'orders.quote-discount-too-large'],
      [{ lines: [{ sku: 'NO-SUCH', quantity: 1 }] }, 'orders.unknown-sku'],
      [{ lines: [{ sku: 'A', quantity: 1_000_001 }] }, 'orders.quantity-too-large'],
      [{ shippingAddress: { ...ADDRESS, postalCode: 'X' } }, 'orders.address-invalid'],
      [{ currency: 'JPY' }, 'orders.no-price-in-currency'],
    ] as const)
      await expect(make(more as never)).rejects.toThrow(refused(code));
    await send(id);
    await expect(act(new RewriteQuoteCommand(id, request()))).rejects.toThrow(
      refused('orders.quote-transition-refused'),
    );
    // What costs nothing is complete at once.
    expect((await accept(id)).order.status).toBe('paid');
  });

  it('are read and answered on the page of the link, which shows what became of them', async () => {
    const page = desk.app.get(QuotePageController);
    const { id } = await make({ note: '<b>For you</b>' });
    const link = await send(id);
    const shown = await desk.run(() => page.show(link));
    expect(shown).toContain('value="accept"');
    expect(shown).toContain('&lt;b&gt;For you&lt;/b&gt;');
    expect(await desk.run(() => page.answer(link, { decision: 'decline' }))).toContain('You declined');
    expect(await desk.run(() => page.answer(link, { decision: 'accept' }))).toMatch(/role="alert"[\s\S]*You declined/);
    const other = await make({ lines: [{ sku: 'A', quantity: 9 }] });
    const soldOut = await send(other.id);
    expect(await desk.run(() => page.answer(soldOut, { decision: 'accept' }))).toMatch(
      /role="alert"[\s\S]*value="accept"/,
    );
    await expect(desk.run(() => page.show(`${link}x`))).rejects.toThrow(refused('orders.quote-not-found'));
    await expect(desk.run(() => page.show('nonsense'))).rejects.toThrow(refused('orders.quote-not-found'));
  });

  it('move along their table of edges alone, in the code and in the database', async () => {
    const states = Object.keys(QUOTE_EDGES) as QuoteState[];
    const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));
    const rows = await desk.rows<{ source: string; target: string; ok: boolean }>(
      `select p.source, p.target, orders.quote_edge_allowed(p.source, p.target) as ok from unnest($1::text[], $2::text[]) as p(source, target)`,
      [pairs.map(([from]) => from), pairs.map(([, to]) => to)],
    );
    for (const { source, target, ok } of rows)
      expect([source, target, ok]).toEqual([
        source,
        target,
        source === target || QUOTE_EDGES[source as QuoteState].includes(target as QuoteState),
      ]);
    const at = clock.now();
    const acts: Record<Exclude<QuoteState, 'draft'>, (quote: CustomerQuote) => unknown> = {
      sent: (quote) => quote.send(Buffer.alloc(32), at),
      accepted: (quote) => quote.accept(newId(), at),
      declined: (quote) => quote.decline(null, at),
      expired: (quote) => quote.expire(new Date(at.getTime() + 1e9)) || quote.record.status,
      withdrawn: (quote) => quote.withdraw(at),
    };
    for (const status of states)
      for (const [to, act] of Object.entries(acts) as [QuoteState, (quote: CustomerQuote) => unknown][]) {
        const quote = CustomerQuote.of({ status, validDays: 1, validUntil: new Date(at.getTime() + 1e6) } as never);
        if (QUOTE_EDGES[status].includes(to) || (status === 'sent' && to === 'sent')) {
          act(quote);
          expect(quote.record.status).toBe(to);
        } else if (to === 'expired') expect(act(quote)).toBe(status);
        else expect(() => act(quote)).toThrow(refused('orders.quote-transition-refused'));
      }
    const { id } = await make();
    await expect(
      desk.rows(`update orders.quotes set status = 'expired', valid_until = now(), sent_at = now() where id = $1`, [
        id,
      ]),
    ).rejects.toMatchObject({ constraint: 'quotes_edge' });
  });

  it('declined say why', async () => {
    const { id } = await make();
    const { token } = readQuoteLink(await send(id))!;
    expect(await act(new DeclineQuoteCommand({ quoteId: id, token, reason: 'Too dear' }))).toMatchObject({
      status: 'declined',
      declineReason: 'Too dear',
    });
  });
});
